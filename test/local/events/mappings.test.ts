import { afterEach, describe, expect, it } from 'vitest';
import { EventSourceMappings } from '../../../local/events/mappings.ts';
import { QueuePoller } from '../../../local/events/poller.ts';
import { FakeQueue } from './fake-queue.ts';
import { ManualClock, settle } from './manual-clock.ts';

const running: { mappings: EventSourceMappings; clock: ManualClock }[] = [];
afterEach(async () => {
  for (const { mappings, clock } of running.splice(0)) {
    const stopped = mappings.stop(0);
    await clock.advance(0);
    await stopped;
  }
});

function setUp(enabled: boolean, handler: () => Promise<void> = async () => undefined) {
  const clock = new ManualClock('2026-03-01T00:00:00Z');
  const queue = new FakeQueue(clock);
  const delivered: string[] = [];
  const spec = {
    logicalId: 'ScrapeUzumMapping',
    uuid: 'uuid-1',
    functionName: 'scrape-uzum',
    queueName: 'jobs-uzum',
    batchSize: 1,
    batchingWindowSeconds: 0,
    maximumConcurrency: 2,
    reportBatchItemFailures: true,
    enabled,
  };
  const poller = new QueuePoller({
    mapping: spec,
    queueUrl: 'http://127.0.0.1/000000000000/jobs-uzum',
    queueArn: 'arn:aws:sqs:eu-central-1:000000000000:jobs-uzum',
    region: 'eu-central-1',
    sqs: queue.port,
    lambda: {
      invoke: async (_, payload) => {
        delivered.push(JSON.stringify(payload));
        await handler();
        return { payload: null, functionError: null, durationMs: 1 };
      },
    },
    clock,
    timeScale: 1,
  });
  const mappings = new EventSourceMappings([{ spec, poller }]);
  running.push({ mappings, clock });
  return { clock, queue, mappings, delivered };
}

describe('event source mappings at run time', () => {
  it('start in the state that the template gives them', async () => {
    const on = setUp(true);
    on.queue.add('1');
    on.mappings.start();
    await settle();
    expect(on.mappings.list()).toEqual([
      { uuid: 'uuid-1', functionName: 'scrape-uzum', queueName: 'jobs-uzum', state: 'Enabled' },
    ]);
    expect(on.delivered).toHaveLength(1);

    const off = setUp(false);
    off.queue.add('1');
    off.mappings.start();
    await settle();
    expect(off.mappings.get('uuid-1').state).toBe('Disabled');
    expect(off.delivered).toEqual([]);
  });

  it('are Disabling while a batch is in flight, finish it, and take nothing more once Disabled', async () => {
    const release = Promise.withResolvers<void>();
    const { clock, queue, mappings, delivered } = setUp(true, () => release.promise);
    mappings.start();
    queue.add('1');
    await settle();
    expect(mappings.setEnabled('uuid-1', false).state).toBe('Disabling');
    await clock.advance(5_000);
    expect(mappings.get('uuid-1').state).toBe('Disabling');
    release.resolve();
    await settle();
    expect(mappings.get('uuid-1').state).toBe('Disabled');
    expect(queue.bodies()).toEqual([]);
    queue.add('2');
    await clock.advance(60_000);
    expect(delivered).toHaveLength(1);
    expect(queue.receiveCounts()).toEqual({ '2': 0 });
  });

  it('go on with what waited when they are enabled again', async () => {
    const { clock, queue, mappings, delivered } = setUp(false);
    mappings.start();
    queue.add('1');
    expect(mappings.setEnabled('uuid-1', true).state).toBe('Enabling');
    await clock.advance(100);
    expect(mappings.get('uuid-1').state).toBe('Enabled');
    expect(delivered).toHaveLength(1);
  });

  it('stay stopped when they were enabled in the moment of the stop', async () => {
    const { clock, queue, mappings, delivered } = setUp(false);
    mappings.start();
    queue.add('1');
    mappings.setEnabled('uuid-1', true);
    const stopped = mappings.stop(0);
    await clock.advance(5_000);
    await stopped;
    expect(mappings.get('uuid-1').state).toBe('Disabled');
    expect(delivered).toEqual([]);
  });

  it('refuse a change while another is under way, and do nothing when nothing changes', async () => {
    const { clock, mappings } = setUp(true);
    mappings.start();
    expect(mappings.setEnabled('uuid-1', true).state).toBe('Enabled');
    mappings.setEnabled('uuid-1', false);
    expect(() => mappings.setEnabled('uuid-1', true)).toThrow(
      expect.objectContaining({ name: 'ResourceInUseException' }),
    );
    await clock.advance(2_000);
    expect(mappings.setEnabled('uuid-1', false).state).toBe('Disabled');
  });

  it('that do not exist are a ResourceNotFoundException', () => {
    const { mappings } = setUp(true);
    const notFound = expect.objectContaining({ name: 'ResourceNotFoundException' });
    expect(() => mappings.get('other')).toThrow(notFound);
    expect(() => mappings.setEnabled('other', false)).toThrow(notFound);
  });

  it('say when an invocation had to be abandoned at the stop', async () => {
    const { clock, queue, mappings } = setUp(true, () => new Promise(() => undefined));
    mappings.start();
    queue.add('1');
    await settle();
    const stopped = mappings.stop(2_000);
    await clock.advance(2_000);
    expect(await stopped).toBe(false);
    expect(queue.bodies()).toEqual(['1']);
  });
});
