import { beforeEach, describe, expect, test } from 'vitest';
import { newPace, type Pace } from '../../../functions/core/model/pace.ts';
import { Pacer } from '../../../functions/core/pace/pacer.ts';
import { Watched } from '../../../functions/core/watched.ts';
import { MemoryClock, MemoryLog, MemoryShared } from '../in-memory.ts';

const rate = { initialPerSecond: 10, minPerSecond: 1, maxPerSecond: 61 };
let clock: MemoryClock;
let shared: MemoryShared<Pace>;
beforeEach(() => {
  clock = new MemoryClock();
  shared = new MemoryShared(newPace(10));
});

/** One worker. Its sleeps move the clock to their end, whichever are under way. */
function worker(timeScale = 1): Pacer {
  const log = new MemoryLog();
  const watched = new Watched(shared, 'market', newPace(10), { clock, log }, 5_000);
  const sleep = async (ms: number): Promise<void> => {
    const until = clock.now().getTime() + ms;
    await new Promise((resolve) => setImmediate(resolve));
    clock.pass(Math.max(0, Math.ceil(until - clock.now().getTime())));
  };
  return new Pacer(watched, clock, sleep, { rate, timeScale });
}
const elapsed = (since: Date) => clock.now().getTime() - since.getTime();

describe('starts', () => {
  test('come one by one at the shared rate', async () => {
    const began = clock.now();
    const slice = await worker().slice(5, 60_000);
    const times: number[] = [];
    for (let i = 0; i < 5; i += 1) {
      expect(await slice.turn()).toBeNull();
      times.push(elapsed(began));
    }
    expect(times).toEqual([0, 100, 200, 300, 400]);
    expect(slice.started).toBe(5);
  });

  test('that were missed are not made up for in a burst', async () => {
    const slice = await worker().slice(5, 60_000);
    await slice.turn();
    clock.pass(10_000);
    const late = clock.now();
    await slice.turn();
    await slice.turn();
    // But for the little that a timer may oversleep.
    expect(elapsed(late)).toBe(80);
  });

  test('that are not in the slice are to be asked for again later', async () => {
    const slice = await worker().slice(100, 2_000);
    const pauses = await Promise.all(Array.from({ length: 25 }, () => slice.turn()));
    expect(pauses.filter((pause) => pause === null)).toHaveLength(20);
    expect(slice.started).toBe(20);
  });

  test('of two workers together keep to the rate', async () => {
    const began = clock.now();
    const [one, two] = [await worker().slice(10, 60_000), await worker().slice(10, 60_000)];
    for (let i = 0; i < 10; i += 1) await one.turn();
    for (let i = 0; i < 10; i += 1) await two.turn();
    expect(elapsed(began)).toBe(1_900);
  });

  test('of all jobs of a batch are taken with one write', async () => {
    const pacer = worker();
    const slices = await Promise.all([1, 2, 3, 4].map(() => pacer.slice(100, 60_000)));
    expect(shared.writes).toBe(1);
    expect(shared.value.nextFreeAt).toBe(clock.now().getTime() + 40_000);
    expect(slices).toHaveLength(4);
  });
});

describe('a pushback', () => {
  test('slows this slice and the next one of any worker', async () => {
    const pacer = worker();
    const slice = await pacer.slice(10, 60_000);
    await slice.turn();
    pacer.pushedBack(clock.now(), null);
    await pacer.settle();
    expect(shared.value.rate).toBe(5);
    await slice.turn();
    const before = clock.now();
    await slice.turn();
    expect(elapsed(before)).toBe(200);
  });

  test('of many requests at once is written once', async () => {
    const pacer = worker();
    await pacer.slice(10, 60_000);
    const asked = clock.now();
    clock.pass(300);
    const writes = shared.writes;
    for (let i = 0; i < 50; i += 1) pacer.pushedBack(asked, null);
    await pacer.settle();
    expect(shared.writes).toBe(writes + 1);
    expect(shared.value.rate).toBe(5);
  });

  test('with a Retry-After stops everybody until then', async () => {
    const pacer = worker();
    const slice = await pacer.slice(10, 60_000);
    await slice.turn();
    pacer.pushedBack(clock.now(), 30_000);
    const until = new Date(clock.now().getTime() + 30_000);
    expect(await slice.turn()).toEqual(until);
    await pacer.settle();
    const other = await worker().slice(5, 60_000);
    expect(await other.turn()).toEqual(until);
    // A worker that holds a slice already learns of it, too.
    clock.pass(30_000);
    expect(await other.turn()).toBeNull();
  });

  test('with a short Retry-After is waited for', async () => {
    const pacer = worker();
    const slice = await pacer.slice(10, 60_000);
    await slice.turn();
    const before = clock.now();
    pacer.pushedBack(before, 3_000);
    expect(await slice.turn()).toBeNull();
    expect(elapsed(before)).toBe(3_000);
  });

  test('waits a scaled time, and a day at most', async () => {
    const pacer = worker(0.1);
    pacer.pushedBack(clock.now(), 40 * 86_400_000);
    await pacer.settle();
    expect(shared.value.notBefore - clock.now().getTime()).toBe(8_640_000);
  });

  test('reaches a worker in the middle of its slice within seconds', async () => {
    const slow = worker();
    const slice = await slow.slice(200, 60_000);
    await slice.turn();
    const other = worker();
    other.pushedBack(clock.now(), 60_000);
    await other.settle();
    let asked = 0;
    while ((await slice.turn()) === null) asked += 1;
    expect(asked).toBeLessThanOrEqual(52);
  });
});

describe('what a job met', () => {
  test('without a pushback lets the rate rise with the next slice', async () => {
    const pacer = worker();
    await pacer.slice(100, 60_000);
    pacer.report({ started: 100, failed: 4, throttled: 0, lastFailedAt: clock.now() });
    await pacer.slice(1, 60_000);
    expect(shared.value.rate).toBeCloseTo(11);
  });

  test('of timeouts and server errors, a tenth of its pages, is a pushback', async () => {
    const pacer = worker();
    await pacer.slice(100, 60_000);
    pacer.report({ started: 100, failed: 10, throttled: 0, lastFailedAt: clock.now() });
    await pacer.settle();
    expect(shared.value.rate).toBe(5);
  });

  test('of few failures is none, however small the job', async () => {
    const pacer = worker();
    pacer.report({ started: 4, failed: 4, throttled: 0, lastFailedAt: clock.now() });
    await pacer.settle();
    expect(shared.writes).toBe(0);
  });
});

test('while the table is down a worker goes on at the last known rate', async () => {
  const pacer = worker();
  await pacer.slice(10, 60_000);
  shared.fails = true;
  const slice = await pacer.slice(10, 60_000);
  expect(await slice.turn()).toBeNull();
  await slice.turn();
  const before = clock.now();
  await slice.turn();
  expect(elapsed(before)).toBe(100);
});
