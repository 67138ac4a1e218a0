import { beforeEach, describe, expect, test } from 'vitest';
import { Admission } from '../../../functions/core/breaker/admission.ts';
import { leased, probed } from '../../../functions/core/breaker/machine.ts';
import { breakerSettings } from '../../../functions/core/breaker/settings.ts';
import { type Breaker, newBreaker } from '../../../functions/core/model/breaker.ts';
import { Watched } from '../../../functions/core/watched.ts';
import { MemoryClock, MemoryLog, MemoryShared } from '../in-memory.ts';

const settings = breakerSettings(
  { failures: 2, probeSeconds: 60, maxProbeMinutes: 10, drainBatchesPerSecond: 2, drainMinutes: 4 },
  1,
);
const TIMEOUT_MS = 30_000;
let clock: MemoryClock;
let shared: MemoryShared<Breaker>;
let log: MemoryLog;
/** Called in each pause of a batch that waits. */
let meanwhile: () => void;

beforeEach(() => {
  clock = new MemoryClock();
  log = new MemoryLog();
  shared = new MemoryShared<Breaker>(newBreaker());
  meanwhile = () => undefined;
});

function worker(): Admission {
  const breaker = new Watched<Breaker>(shared, 'shops', newBreaker(), { clock, log }, 5_000);
  const sleep = async (ms: number) => {
    clock.pass(ms);
    meanwhile();
  };
  return new Admission({ breaker, clock, log, sleep }, settings, 1_000);
}
const enter = (admission: Admission, owner: string) => {
  const end = clock.now().getTime() + TIMEOUT_MS;
  return admission.enter(owner, () => end - clock.now().getTime(), TIMEOUT_MS / 2);
};
const attempt = (owner: string) => ({ owner, startedAt: clock.now(), at: clock.now() });
async function trip(): Promise<void> {
  const admission = worker();
  await admission.failed(attempt('x'), { reason: 'ECONNREFUSED', weight: 1 });
  await admission.failed(attempt('x'), { reason: 'ECONNREFUSED', weight: 1 });
  expect(shared.value.state).toBe('open');
}
function probeGoesWell(): void {
  const lease = leased(shared.value, 'keeper', new Date(clock.now().getTime() + 3600_000), 1);
  shared.value = probed(lease, { owner: 'keeper', failure: null, at: clock.now() }, settings);
}

describe('a worker in good times', () => {
  test('looks at the breaker now and then, and writes nothing', async () => {
    const admission = worker();
    for (let batch = 0; batch < 10; batch += 1) {
      expect(await enter(admission, `b${batch}`)).toBeNull();
      await admission.succeeded(attempt(`b${batch}`));
      clock.pass(1_000);
    }
    expect(shared).toMatchObject({ reads: 2, writes: 0 });
  });

  test('goes on while the table cannot be read or written', async () => {
    shared.fails = true;
    const admission = worker();
    expect(await enter(admission, 'a')).toBeNull();
    for (let i = 0; i < 5; i += 1)
      await admission.failed(attempt('a'), { reason: 'ECONNREFUSED', weight: 1 });
    expect(await enter(admission, 'b')).toBeNull();
    expect(log.lines.map(({ level }) => level)).toContain('warn');
  });
});

describe('while the breaker is open', () => {
  beforeEach(trip);

  test('a batch waits before it comes back, and leaves itself time to be stored', async () => {
    const began = clock.now().getTime();
    expect(await enter(worker(), 'a')).toMatch(/open since .*ECONNREFUSED/);
    expect(clock.now().getTime() - began).toBeGreaterThan(TIMEOUT_MS / 2 - 2_000);
    expect(clock.now().getTime() - began).toBeLessThanOrEqual(TIMEOUT_MS / 2);
  });

  test('a batch that waits is stored when the database is back in time', async () => {
    let pauses = 0;
    meanwhile = () => {
      pauses += 1;
      if (pauses === 5) probeGoesWell();
    };
    const admission = worker();
    expect(await enter(admission, 'a')).toBeNull();
    await admission.succeeded(attempt('a'));
    expect(shared.value).toMatchObject({ state: 'closed', drain: {} });
  });
});

describe('while the breaker is half-open', () => {
  beforeEach(async () => {
    await trip();
    probeGoesWell();
  });

  test('one batch is stored, the others wait for how it ends, and then start one after the other', async () => {
    const first = worker();
    expect(await enter(first, 'first')).toBeNull();
    let pauses = 0;
    meanwhile = () => {
      pauses += 1;
      if (pauses === 3) void first.succeeded(attempt('first'));
    };
    expect(await enter(worker(), 'second')).toBeNull();
    expect(pauses).toBe(3);
    const began = clock.now().getTime();
    expect(await enter(worker(), 'third')).toBeNull();
    expect(clock.now().getTime() - began).toBe(500);
  });

  test('a batch that fails sends the others back', async () => {
    const first = worker();
    await enter(first, 'first');
    await first.failed(attempt('first'), { reason: 'no space left on device', weight: 1 });
    expect(shared.value).toMatchObject({ state: 'open', openings: 2 });
    expect(log.lines.filter(({ message }) => message === 'Breaker opened')).toHaveLength(2);
    expect(await enter(worker(), 'second')).toMatch(/no space left/);
  });

  test('a batch that fails for a reason of its own leaves the trial to the next', async () => {
    const first = worker();
    await enter(first, 'first');
    await first.released('first');
    expect(await enter(worker(), 'second')).toBeNull();
    expect(shared.value).toMatchObject({ state: 'half-open', trial: { owner: 'second' } });
  });

  test('a worker that died in its trial is waited for no longer than it could have lived', async () => {
    await enter(worker(), 'dies');
    clock.pass(TIMEOUT_MS);
    expect(await enter(worker(), 'next')).toBeNull();
    expect(shared.value).toMatchObject({ trial: { owner: 'next' } });
  });
});
