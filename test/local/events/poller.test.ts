import type { SQSEvent } from 'aws-lambda';
import { afterEach, describe, expect, it } from 'vitest';
import type { MappingSpec } from '../../../local/cloud-model.ts';
import { type BatchReport, QueuePoller } from '../../../local/events/poller.ts';
import type { Invocation } from '../../../local/interfaces.ts';
import { FakeQueue } from './fake-queue.ts';
import { ManualClock, settle } from './manual-clock.ts';

const ok = (payload: unknown = null): Invocation => ({ payload, functionError: null, durationMs: 1 });
const functionError: Invocation = {
  payload: { errorType: 'Error', errorMessage: 'boom' },
  functionError: 'Unhandled',
  durationMs: 1,
};

function mapping(overrides: Partial<MappingSpec> = {}): MappingSpec {
  return {
    logicalId: 'Mapping',
    uuid: 'uuid-1',
    functionName: 'scrape',
    queueName: 'jobs',
    batchSize: 10,
    batchingWindowSeconds: 0,
    maximumConcurrency: 2,
    reportBatchItemFailures: true,
    enabled: true,
    ...overrides,
  };
}

const running: { poller: QueuePoller; clock: ManualClock }[] = [];
afterEach(async () => {
  for (const { poller, clock } of running.splice(0)) {
    const stopped = poller.stop(0);
    await clock.advance(0);
    await stopped;
  }
});

function setUp(
  handler: (bodies: string[], event: SQSEvent) => Invocation | Promise<Invocation>,
  spec: Partial<MappingSpec> = {},
  timeScale = 1,
) {
  const clock = new ManualClock('2026-03-01T00:00:00Z');
  const queue = new FakeQueue(clock);
  const batches: string[][] = [];
  const events: SQSEvent[] = [];
  const reports: BatchReport[] = [];
  const sqsErrors: unknown[] = [];
  const poller = new QueuePoller({
    mapping: mapping(spec),
    queueUrl: 'http://127.0.0.1/000000000000/jobs',
    queueArn: 'arn:aws:sqs:eu-central-1:000000000000:jobs',
    region: 'eu-central-1',
    sqs: queue.port,
    lambda: {
      invoke: async (_name, payload) => {
        const event = payload as SQSEvent;
        const bodies = event.Records.map((record) => record.body);
        events.push(event);
        batches.push(bodies);
        return handler(bodies, event);
      },
    },
    clock,
    timeScale,
    onBatch: (report) => reports.push(report),
    onSqsError: (error) => sqsErrors.push(error),
  });
  running.push({ poller, clock });
  return { clock, queue, poller, batches, events, reports, sqsErrors };
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => String(index + 1));

describe('collecting a batch', () => {
  it('invokes with what the first receive brought when there is no window', async () => {
    const { queue, poller, batches } = setUp(() => ok(), { batchSize: 4, maximumConcurrency: 1 });
    queue.add('1', '2', '3');
    poller.start();
    await settle();
    expect(batches).toEqual([['1', '2', '3']]);
    expect(queue.bodies()).toEqual([]);
    expect(queue.receives[0]).toEqual({ max: 4, wait: 1 });
  });

  it('fills a batch above ten with several receives, and never past the batch size', async () => {
    const { queue, poller, batches } = setUp(() => ok(), {
      batchSize: 25,
      batchingWindowSeconds: 5,
      maximumConcurrency: 1,
    });
    queue.add(...numbers(30));
    poller.start();
    await settle();
    expect(batches[0]).toHaveLength(25);
    expect(queue.receives.slice(0, 3).map((receive) => receive.max)).toEqual([10, 10, 5]);
  });

  it('waits for the scaled window after the first message, then invokes with what is there', async () => {
    const { clock, queue, poller, batches } = setUp(
      () => ok(),
      { batchSize: 10, batchingWindowSeconds: 10, maximumConcurrency: 1 },
      0.1,
    );
    queue.add('first');
    poller.start();
    await clock.advance(400);
    queue.add('second');
    await clock.advance(500);
    expect(batches).toEqual([]);
    await clock.advance(150);
    expect(batches).toEqual([['first', 'second']]);
  });

  it('cuts an invocation at 6 MB and invokes with the rest at once', async () => {
    const { queue, poller, batches } = setUp(() => ok(), { batchSize: 10, maximumConcurrency: 1 });
    const large = 'x'.repeat(1_000_000);
    queue.add(...numbers(8).map((number) => number + large));
    poller.start();
    await settle();
    expect(batches.map((batch) => batch.map((body) => body[0]).join(''))).toEqual(['123456', '78']);
    expect(queue.bodies()).toEqual([]);
  });

  it('keeps what a window has collected when a later receive fails', async () => {
    const { clock, queue, poller, batches, sqsErrors } = setUp(() => ok(), {
      batchingWindowSeconds: 5,
      maximumConcurrency: 1,
    });
    queue.add('1');
    poller.start();
    await settle();
    queue.receiveFaults.push(new Error('connection reset'));
    await clock.advance(1000);
    expect(sqsErrors).toHaveLength(1);
    expect(batches).toEqual([['1']]);
  });

  it('refuses a batch size above ten without a window, as Lambda does', () => {
    expect(() => setUp(() => ok(), { batchSize: 11 })).toThrow(/batching window of at least 1 second/);
  });

  it('gives the function the documented event', async () => {
    const { queue, poller, events } = setUp(() => ok(), { maximumConcurrency: 1 });
    queue.add('{"v":1}');
    poller.start();
    await settle();
    expect(events).toEqual([
      {
        Records: [
          {
            messageId: 'm1',
            receiptHandle: 'm1#1',
            body: '{"v":1}',
            attributes: {
              ApproximateReceiveCount: '1',
              SentTimestamp: '1',
              SenderId: 'AIDA',
              ApproximateFirstReceiveTimestamp: '2',
            },
            messageAttributes: {},
            md5OfBody: 'md5-m1',
            eventSource: 'aws:sqs',
            eventSourceARN: 'arn:aws:sqs:eu-central-1:000000000000:jobs',
            awsRegion: 'eu-central-1',
          },
        ],
      },
    ]);
  });
});

describe('what happens to the messages afterwards', () => {
  it('deletes those that succeeded, by tens, and leaves the failed ones to the visibility timeout', async () => {
    let attempt = 0;
    const { clock, queue, poller, batches, reports } = setUp(
      (_, event) => {
        attempt++;
        if (attempt > 1) return ok();
        const failed = event.Records.filter((record) => record.body === '7' || record.body === '12');
        return ok({ batchItemFailures: failed.map((record) => ({ itemIdentifier: record.messageId })) });
      },
      { batchSize: 20, batchingWindowSeconds: 1, maximumConcurrency: 1 },
    );
    queue.add(...numbers(20));
    poller.start();
    await settle();
    expect(queue.deleteBatches).toEqual([10, 8]);
    expect(queue.bodies()).toEqual(['7', '12']);
    expect(reports[0]).toEqual({
      mappingUuid: 'uuid-1',
      messages: 20,
      failed: 2,
      undeleted: 0,
      wholeBatch: null,
    });

    await clock.advance(29_000);
    expect(batches).toHaveLength(1);
    await clock.advance(3_000);
    expect(batches[1]).toEqual(['7', '12']);
    expect(queue.bodies()).toEqual([]);
  });

  it.each([
    ['the function fails', functionError, true],
    [
      'a killed environment is reported as a function error',
      { ...functionError, payload: { errorType: 'Runtime.ExitError' } },
      true,
    ],
    ['an identifier is unknown', ok({ batchItemFailures: [{ itemIdentifier: 'nobody' }] }), true],
    ['the function fails, without partial responses', functionError, false],
  ] as const)('deletes nothing when %s', async (_, result, reportBatchItemFailures) => {
    const { queue, poller, reports } = setUp(() => result, {
      reportBatchItemFailures,
      maximumConcurrency: 1,
    });
    queue.add('1', '2');
    poller.start();
    await settle();
    expect(queue.bodies()).toEqual(['1', '2']);
    expect(queue.deleteBatches).toEqual([]);
    expect(reports[0]).toMatchObject({ messages: 2, failed: 2, wholeBatch: expect.any(String) });
  });

  it('deletes nothing when the host refuses the invocation', async () => {
    const { queue, poller, reports } = setUp(() => Promise.reject(new Error('stopped')));
    queue.add('1');
    poller.start();
    await settle();
    expect(queue.bodies()).toEqual(['1']);
    expect(reports[0]?.wholeBatch).toMatch(/stopped/);
  });

  it('ignores the response of a mapping that does not report item failures', async () => {
    const { queue, poller } = setUp(
      (_, event) => ok({ batchItemFailures: [{ itemIdentifier: event.Records[0]?.messageId }] }),
      { reportBatchItemFailures: false },
    );
    queue.add('1');
    poller.start();
    await settle();
    expect(queue.bodies()).toEqual([]);
  });

  it('retries deletes that SQS could not do, call or entry', async () => {
    const { clock, queue, poller, reports } = setUp(() => ok(), { maximumConcurrency: 1 });
    queue.deleteFaults.push(new Error('throttled'), { refuse: (body) => body === '2', senderFault: false });
    queue.add('1', '2', '3');
    poller.start();
    await clock.advance(2_000);
    expect(queue.deleteBatches).toEqual([3, 3, 1]);
    expect(queue.bodies()).toEqual([]);
    expect(reports[0]?.undeleted).toBe(0);
  });

  it('leaves what cannot be deleted to be delivered again: at least once, never lost', async () => {
    const { clock, queue, poller, batches, reports } = setUp(() => ok(), { maximumConcurrency: 1 });
    const down = new Error('SQS is down');
    queue.deleteFaults.push(down, down, down);
    queue.add('1');
    poller.start();
    await clock.advance(5_000);
    expect(reports[0]?.undeleted).toBe(1);
    expect(queue.bodies()).toEqual(['1']);
    await clock.advance(31_000);
    expect(batches).toEqual([['1'], ['1']]);
    expect(queue.bodies()).toEqual([]);
  });

  it('does not retry a receipt that SQS calls the sender’s fault', async () => {
    const { clock, queue, poller, reports } = setUp(() => ok(), { maximumConcurrency: 1 });
    queue.deleteFaults.push({ refuse: (body) => body === '1', senderFault: true });
    queue.add('1', '2');
    poller.start();
    await clock.advance(2_000);
    expect(queue.deleteBatches).toEqual([2]);
    expect(reports[0]?.undeleted).toBe(1);
  });
});

describe('concurrency', () => {
  /** Invocations that stay open until they are released. */
  function gate() {
    const open: (() => void)[] = [];
    let most = 0;
    return {
      handler: async () => {
        const { promise, resolve } = Promise.withResolvers<void>();
        open.push(resolve);
        most = Math.max(most, open.length);
        await promise;
        return ok();
      },
      open,
      most: () => most,
      releaseAll: () => {
        for (const release of open.splice(0)) release();
      },
    };
  }

  it('scales up at once to the maximum, takes no more messages than it invokes with, and works off the rest', async () => {
    const { handler, open, most, releaseAll } = gate();
    const { queue, poller } = setUp(handler, { batchSize: 2, maximumConcurrency: 3 });
    queue.add(...numbers(20));
    poller.start();
    await settle();
    expect(open).toHaveLength(3);
    expect(Object.values(queue.receiveCounts()).filter((count) => count > 0)).toHaveLength(6);
    for (let round = 0; round < 10; round++) {
      releaseAll();
      await settle();
    }
    expect(most()).toBe(3);
    expect(queue.bodies()).toEqual([]);
  });

  it('scales down to one poller when the queue is empty', async () => {
    const { clock, queue, poller } = setUp(() => ok(), { batchSize: 1, maximumConcurrency: 5 });
    queue.add(...numbers(12));
    poller.start();
    await clock.advance(3_000);
    const before = queue.receives.length;
    await clock.advance(10_000);
    expect(queue.receives.length - before).toBe(10);
  });

  it('works with fewer pollers after function errors and with all of them again after successes', async () => {
    let failing = true;
    let active = 0;
    const peaks: number[] = [];
    const { clock, queue, poller } = setUp(
      async () => {
        active++;
        peaks.push(active);
        await clock.sleep(500);
        active--;
        return failing ? functionError : ok();
      },
      { batchSize: 1, maximumConcurrency: 4 },
    );
    queue.add(...numbers(16));
    poller.start();
    await clock.advance(600);
    expect(Math.max(...peaks.splice(0))).toBe(4);
    await clock.advance(1_500);
    expect(Math.max(...peaks.splice(-2))).toBe(1);
    failing = false;
    peaks.length = 0;
    await clock.advance(60_000);
    expect(Math.max(...peaks)).toBe(4);
    expect(queue.bodies()).toEqual([]);
  });
});

describe('SQS errors and stopping', () => {
  it('backs off when SQS cannot be reached, and goes on when it can', async () => {
    const { clock, queue, poller, batches, sqsErrors } = setUp(() => ok(), { maximumConcurrency: 1 });
    const refused = new Error('connect ECONNREFUSED');
    queue.receiveFaults.push(refused, refused, refused);
    queue.add('1');
    poller.start();
    await clock.advance(100);
    expect(sqsErrors).toHaveLength(1);
    await clock.advance(5_000);
    expect(sqsErrors).toHaveLength(3);
    expect(batches).toEqual([['1']]);
  });

  it('finishes the batch in flight before it is drained, deletes included, and takes no other', async () => {
    const release = Promise.withResolvers<void>();
    const { clock, queue, poller, batches } = setUp(
      async () => {
        await release.promise;
        return ok();
      },
      { batchSize: 1, maximumConcurrency: 1 },
    );
    queue.add('1', '2');
    poller.start();
    await settle();
    let drained = false;
    const drain = poller.drain().then(() => {
      drained = true;
    });
    await clock.advance(10_000);
    expect(drained).toBe(false);
    release.resolve();
    await drain;
    expect(batches).toEqual([['1']]);
    expect(queue.bodies()).toEqual(['2']);
    expect(queue.receiveCounts()).toEqual({ '2': 0 });
  });

  it('gives up on a hanging invocation after the given time and leaves its message in the queue', async () => {
    const { clock, queue, poller } = setUp(() => new Promise<Invocation>(() => undefined));
    queue.add('1');
    poller.start();
    await settle();
    const stopping = poller.stop(3_000);
    await clock.advance(3_000);
    expect(await stopping).toBe(false);
    expect(queue.bodies()).toEqual(['1']);
  });

  it('polls again after it was drained', async () => {
    const { clock, queue, poller, batches } = setUp(() => ok());
    poller.start();
    const drain = poller.drain();
    await clock.advance(2_000);
    await drain;
    queue.add('1');
    await clock.advance(5_000);
    expect(batches).toEqual([]);
    poller.start();
    await settle();
    expect(batches).toEqual([['1']]);
  });
});
