import { afterEach, describe, expect, it } from 'vitest';
import type { FunctionSpec, ScheduleSpec } from '../../../local/cloud-model.ts';
import type { DeliveryReport } from '../../../local/events/delivery.ts';
import { Scheduler } from '../../../local/events/scheduler.ts';
import type { Invocation } from '../../../local/interfaces.ts';
import { FakeQueue } from './fake-queue.ts';
import { ManualClock } from './manual-clock.ts';

const ok: Invocation = { payload: null, functionError: null, durationMs: 1 };
const failed: Invocation = { payload: { errorMessage: 'boom' }, functionError: 'Unhandled', durationMs: 1 };

function schedule(overrides: Partial<ScheduleSpec> = {}): ScheduleSpec {
  return {
    logicalId: 'Sweep',
    name: 'uzum-sweep',
    expression: 'rate(5 minutes)',
    timezone: 'UTC',
    functionName: 'dispatch',
    input: '{"marketplace":"uzum","mode":"sweep","scheduledTime":"<aws.scheduler.scheduled-time>"}',
    enabled: true,
    maximumRetryAttempts: 2,
    deadLetterQueueName: 'schedules-dlq',
    ...overrides,
  };
}

const running: { scheduler: Scheduler; clock: ManualClock }[] = [];
afterEach(async () => {
  for (const { scheduler, clock } of running.splice(0)) {
    const stopped = scheduler.stop(0);
    await clock.advance(0);
    await stopped;
  }
});

interface Setup {
  spec?: Partial<ScheduleSpec>;
  /** Schedules beside it. */
  others?: Partial<ScheduleSpec>[];
  handler?: (attempt: number) => Invocation | Promise<Invocation>;
  timeScale?: number;
  now?: string;
}

function setUp({
  spec = {},
  others = [],
  handler = () => ok,
  timeScale = 1,
  now = '2026-03-01T00:00:30.750Z',
}: Setup = {}) {
  const clock = new ManualClock(now);
  const queue = new FakeQueue(clock);
  const invoked: { at: string; payload: unknown; requestId: string | undefined }[] = [];
  const reports: DeliveryReport[] = [];
  const scheduler = new Scheduler({
    schedules: [spec, ...others].map(schedule),
    region: 'eu-central-1',
    accountId: '000000000000',
    lambda: {
      functions: () => [{ name: 'dispatch' } as FunctionSpec],
      invoke: async (_name, payload, requestId) => {
        invoked.push({ at: new Date(clock.now()).toISOString(), payload, requestId });
        return handler(invoked.length);
      },
    },
    sqs: queue.port,
    queueUrl: (name) => `http://127.0.0.1/000000000000/${name}`,
    clock,
    timeScale,
    onDelivery: (report) => reports.push(report),
  });
  running.push({ scheduler, clock });
  const slots = () => invoked.map(({ payload }) => (payload as { scheduledTime: string }).scheduledTime);
  return { clock, queue, scheduler, invoked, reports, slots };
}

describe('when a schedule fires', () => {
  it('fires a rate at once and then at its interval, with scheduled times cut to the second', async () => {
    const { clock, scheduler, slots } = setUp();
    scheduler.start();
    await clock.advance(10 * 60_000);
    expect(slots()).toEqual(['2026-03-01T00:00:30Z', '2026-03-01T00:05:30Z', '2026-03-01T00:10:30Z']);
  });

  it('spreads rates of one interval over a minute of its clock, so that they do not all want the machine at once', async () => {
    const named = (name: string, expression = 'rate(5 minutes)') => ({
      name,
      expression,
      input: `"${name}"`,
    });
    const { clock, scheduler, invoked } = setUp({
      spec: named('sweep'),
      others: [
        named('refresh'),
        named('gatekeeper', 'rate(1 minute)'),
        named('left-out'),
        named('archive', 'cron(0 0 * * ? *)'),
      ],
      timeScale: 0.1,
      now: '2026-03-01T00:00:00.000Z',
    });
    scheduler.start(({ name }) => name !== 'left-out');
    await clock.advance(6_999);
    expect(invoked.map(({ at, payload }) => `${payload} ${at.slice(17, 23)}`)).toEqual([
      'sweep 00.000',
      'gatekeeper 00.000',
      'archive 00.000',
      'refresh 03.000',
      'gatekeeper 06.000',
    ]);
  });

  it('misses no first time because the clock goes on while it starts', async () => {
    const { clock, scheduler, slots } = setUp();
    const still = clock.now.bind(clock);
    let read = 0;
    clock.now = () => still() + 5 * read++;
    scheduler.start();
    await clock.advance(0);
    expect(slots()).toEqual(['2026-03-01T00:00:30Z']);
  });

  it('fires that much more often with a time scale, at wall-clock scheduled times', async () => {
    const { clock, scheduler, slots } = setUp({ timeScale: 0.1 });
    scheduler.start();
    await clock.advance(60_000);
    expect(slots()).toEqual(['2026-03-01T00:00:30Z', '2026-03-01T00:01:00Z', '2026-03-01T00:01:30Z']);
  });

  it('never gives two deliveries one scheduled time, however small the time scale', async () => {
    const { clock, scheduler, slots } = setUp({ spec: { expression: 'rate(1 minute)' }, timeScale: 0.001 });
    scheduler.start();
    await clock.advance(20_000);
    expect(slots()).toHaveLength(21);
    expect(new Set(slots()).size).toBe(21);
  });

  it('fires cron times exactly, in the time zone of the schedule', async () => {
    const { clock, scheduler, invoked, slots } = setUp({
      spec: { expression: 'cron(0/30 6 * * ? *)', timezone: 'Asia/Tashkent' },
    });
    scheduler.start();
    await clock.advance(24 * 3_600_000);
    expect(slots()).toEqual(['2026-03-01T01:00:00Z', '2026-03-01T01:30:00Z']);
    expect(invoked[0]?.at).toBe('2026-03-01T01:00:00.000Z');
  });

  it('fires each cron time once on a scaled clock', async () => {
    const { clock, scheduler, invoked } = setUp({
      spec: { expression: 'cron(0 * * * ? *)' },
      timeScale: 0.007,
      now: '2026-03-01T00:00:00.123Z',
    });
    scheduler.start();
    await clock.advance(48 * 3_600_000 * 0.007);
    expect(invoked).toHaveLength(48);
  });

  it('does not fire a disabled schedule, nor any after the stop', async () => {
    const disabled = setUp({ spec: { enabled: false } });
    disabled.scheduler.start();
    await disabled.clock.advance(3_600_000);
    expect(disabled.invoked).toEqual([]);

    const stopped = setUp();
    stopped.scheduler.start();
    await stopped.clock.advance(1_000);
    await stopped.scheduler.stop(1_000);
    await stopped.clock.advance(3_600_000);
    expect(stopped.invoked).toHaveLength(1);
  });

  it('does not wait for a slow function before it fires again', async () => {
    const { clock, scheduler, slots } = setUp({ handler: () => new Promise(() => undefined) });
    scheduler.start();
    await clock.advance(5 * 60_000);
    expect(slots()).toHaveLength(2);
  });

  it.each([
    [{ expression: 'rate(0 minutes)' }, /uzum-sweep: rate\(0 minutes\)/],
    [{ expression: 'every day' }, /neither rate/],
    [{ expression: 'cron(0 10 * * *)' }, /5 fields/],
    [{ expression: 'cron(0 10 * * ? *)', timezone: 'Mars/Olympus' }, /uzum-sweep: .*time zone/i],
    [{ input: '{"a":' }, /uzum-sweep: .*JSON/],
  ])('refuses %j and names the schedule', (spec, message) => {
    expect(() => setUp({ spec })).toThrow(message);
  });
});

describe('what is delivered', () => {
  it('has every context attribute replaced', async () => {
    const { clock, scheduler, invoked } = setUp({
      spec: {
        input:
          '{"arn":"<aws.scheduler.schedule-arn>","time":"<aws.scheduler.scheduled-time>","id":"<aws.scheduler.execution-id>","attempt":"<aws.scheduler.attempt-number>"}',
      },
    });
    scheduler.start();
    await clock.advance(0);
    expect(invoked[0]?.payload).toEqual({
      arn: 'arn:aws:scheduler:eu-central-1:000000000000:schedule/default/uzum-sweep',
      time: '2026-03-01T00:00:30Z',
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      attempt: '1',
    });
  });

  it('runs a failed function again after one and two minutes with the same event, then drops it', async () => {
    const { clock, queue, scheduler, invoked, reports } = setUp({
      spec: { expression: 'rate(1 day)' },
      handler: () => failed,
    });
    scheduler.start();
    await clock.advance(3_600_000);
    expect(invoked.map(({ at }) => at)).toEqual([
      '2026-03-01T00:00:30.750Z',
      '2026-03-01T00:01:30.750Z',
      '2026-03-01T00:03:30.750Z',
    ]);
    expect(new Set(invoked.map(({ payload }) => JSON.stringify(payload))).size).toBe(1);
    expect(reports).toEqual([
      {
        schedule: 'uzum-sweep',
        scheduledTime: '2026-03-01T00:00:30Z',
        outcome: 'failed',
        detail: '{"errorMessage":"boom"}',
      },
    ]);
    expect(queue.sent).toEqual([]);
  });

  it('stops retrying at the first success', async () => {
    const { clock, scheduler, invoked, reports } = setUp({
      spec: { expression: 'rate(1 day)' },
      handler: (attempt) => (attempt === 1 ? failed : ok),
      timeScale: 0.01,
    });
    scheduler.start();
    await clock.advance(10_000);
    expect(invoked).toHaveLength(2);
    expect(reports.map((report) => report.outcome)).toEqual(['succeeded']);
  });

  it('goes to the dead-letter queue, as Scheduler writes it, when the host refuses it more often than allowed', async () => {
    const { clock, queue, scheduler, invoked, reports } = setUp({
      spec: { expression: 'rate(1 day)' },
      handler: () =>
        Promise.reject(Object.assign(new Error('Rate exceeded'), { name: 'TooManyRequestsException' })),
    });
    scheduler.start();
    await clock.advance(3_600_000);
    expect(invoked).toHaveLength(3);
    expect(reports.map((report) => report.outcome)).toEqual(['dead-lettered']);
    const [message] = queue.sent;
    expect(message?.QueueUrl).toBe('http://127.0.0.1/000000000000/schedules-dlq');
    const body = JSON.parse(message?.MessageBody ?? '');
    expect(JSON.parse(body.Payload).scheduledTime).toBe('2026-03-01T00:00:30Z');
    const attributes = Object.entries(message?.MessageAttributes ?? {}).map(([name, value]) => [
      name,
      value.StringValue,
    ]);
    expect(Object.fromEntries(attributes)).toEqual({
      ERROR_CODE: 'TooManyRequestsException',
      ERROR_MESSAGE: 'Rate exceeded',
      EXECUTION_ID: expect.stringMatching(/^[0-9a-f]{16}$/),
      EXHAUSTED_RETRY_CONDITION: 'MaximumRetryAttempts',
      IS_PAYLOAD_TRUNCATED: 'false',
      RETRY_ATTEMPTS: '2',
      SCHEDULED_TIME: '2026-03-01T00:00:30Z',
      SCHEDULE_ARN: 'arn:aws:scheduler:eu-central-1:000000000000:schedule/default/uzum-sweep',
      TARGET_ARN: 'arn:aws:scheduler:::aws-sdk:lambda:invoke',
    });
  });

  it('goes there at once, without a retry condition, when the function does not exist', async () => {
    const { clock, queue, scheduler, invoked } = setUp({ spec: { functionName: 'nobody' } });
    scheduler.start();
    await clock.advance(0);
    expect(invoked).toEqual([]);
    const attributes = queue.sent[0]?.MessageAttributes;
    expect(attributes?.['ERROR_CODE']?.StringValue).toBe('ResourceNotFoundException');
    expect(attributes?.['EXHAUSTED_RETRY_CONDITION']).toBeUndefined();
    expect(attributes?.['RETRY_ATTEMPTS']?.StringValue).toBe('0');
  });

  it('is reported lost when there is no dead-letter queue', async () => {
    const { clock, scheduler, reports } = setUp({
      spec: { functionName: 'nobody', deadLetterQueueName: null },
    });
    scheduler.start();
    await clock.advance(0);
    expect(reports[0]).toMatchObject({
      outcome: 'lost',
      detail: expect.stringContaining('Function not found'),
    });
  });

  it('is not dead-lettered because the stack stops', async () => {
    const { clock, queue, scheduler, reports } = setUp({
      handler: () => Promise.reject(new Error('stopped')),
    });
    scheduler.start();
    await clock.advance(1_000);
    await scheduler.stop(1_000);
    await clock.advance(3_600_000);
    expect(queue.sent).toEqual([]);
    expect(reports).toEqual([]);
  });
});

describe('delivering by hand', () => {
  it('repeats a failed invocation as Lambda does, under the same request id, and resolves with how it ended', async () => {
    const { clock, scheduler, invoked, slots } = setUp({
      spec: { enabled: false },
      handler: (attempt) => (attempt < 3 ? failed : ok),
      timeScale: 0.1,
    });
    const delivery = scheduler.deliver('uzum-sweep', new Date('2026-05-01T12:00:00.999Z'));
    await clock.advance(6_000);
    expect(invoked).toHaveLength(2);
    await clock.advance(12_000);
    expect(await delivery).toMatchObject({ outcome: 'succeeded' });
    expect(new Set(slots())).toEqual(new Set(['2026-05-01T12:00:00Z']));
    expect(new Set(invoked.map(({ requestId }) => requestId)).size).toBe(1);
  });

  it('repeats an invocation that was refused, as Scheduler does, under another request id', async () => {
    const { clock, scheduler, invoked } = setUp({
      handler: (attempt) => (attempt === 1 ? Promise.reject(new Error('Rate exceeded')) : ok),
    });
    const delivery = scheduler.deliver('uzum-sweep', new Date(0));
    await clock.advance(60_000);
    expect(await delivery).toMatchObject({ outcome: 'succeeded' });
    expect(new Set(invoked.map(({ requestId }) => requestId)).size).toBe(2);
  });

  it('resolves with null when the scheduler stops first, and rejects for a schedule that does not exist', async () => {
    const { clock, scheduler } = setUp({ handler: () => failed });
    const delivery = scheduler.deliver('uzum-sweep', new Date(0));
    await clock.advance(1_000);
    const stopped = scheduler.stop(0);
    await clock.advance(0);
    await stopped;
    expect(await delivery).toBeNull();
    await expect(scheduler.deliver('nobody', new Date(0))).rejects.toThrow(/nobody.*uzum-sweep/);
  });
});

describe('firing by hand', () => {
  it('delivers the given scheduled time once and returns the result, even of a disabled schedule', async () => {
    const { scheduler, slots, invoked } = setUp({ spec: { enabled: false }, handler: () => failed });
    expect(await scheduler.fire('uzum-sweep', new Date('2026-05-01T12:00:00.999Z'))).toEqual(failed);
    expect(slots()).toEqual(['2026-05-01T12:00:00Z']);
    expect(invoked).toHaveLength(1);
  });

  it('rejects for a schedule that does not exist, and names those that do', async () => {
    const { scheduler } = setUp();
    await expect(scheduler.fire('nobody', new Date(0))).rejects.toThrow(/nobody.*uzum-sweep/);
  });

  it('rejects when the function cannot be invoked', async () => {
    const { scheduler } = setUp({ spec: { functionName: 'nobody' } });
    await expect(scheduler.fire('uzum-sweep', new Date(0))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });
});
