import { beforeEach, describe, expect, test } from 'vitest';
import { PoisonMessage } from '../../functions/core/model/errors.ts';
import { replaySpill } from '../../functions/core/replay-spill.ts';
import { Death } from './death.ts';
import { MemoryClock, MemoryLog, MemoryVisitsQueue } from './in-memory.ts';
import { MemorySpill } from './memory-spill.ts';

let w: { spilled: MemorySpill; visits: MemoryVisitsQueue; clock: MemoryClock; log: MemoryLog };
beforeEach(() => {
  w = {
    spilled: new MemorySpill(),
    visits: new MemoryVisitsQueue(),
    clock: new MemoryClock(),
    log: new MemoryLog(),
  };
});

/** Spills jobs 1 to `count`, a second apart. */
async function spill(count: number): Promise<void> {
  for (let jobNumber = 1; jobNumber <= count; jobNumber += 1) {
    const reference = { kind: 'product' as const, externalId: String(jobNumber) };
    const message = {
      v: 1 as const,
      marketplace: 'market',
      sweepId: 's',
      jobNumber,
      visits: [],
      discovered: [reference],
    };
    await w.spilled.put({ at: w.clock.now(), detail: 'unreachable', messages: [message] });
    w.clock.pass(1_000);
  }
}
const sent = () => w.visits.sent.map(({ jobNumber }) => jobNumber);
const forever = { mayGoOn: () => true, sendMs: 10_000 };
const replay = (ports: Partial<typeof w> = {}, limits = forever) =>
  replaySpill('shops', { ...w, ...ports }, limits);

test('an empty spill is one look', async () => {
  expect(await replay()).toEqual({ waiting: 0, oldestAgeMs: 0, replayed: 0, stopped: null });
});

test('what was spilled reaches the queue in order of time, and leaves the spill', async () => {
  await spill(4);
  expect(await replay()).toEqual({ waiting: 0, oldestAgeMs: 0, replayed: 4, stopped: null });
  expect(sent()).toEqual([1, 2, 3, 4]);
  expect(w.spilled.objects.size).toBe(0);
});

describe('while the queue is away', () => {
  test('a few objects are tried, nothing is deleted, and what waits is told with its age', async () => {
    await spill(20);
    let tries = 0;
    w.visits.send = async () => {
      tries += 1;
      throw new Error('unreachable');
    };
    expect(await replay()).toEqual({
      waiting: 20,
      oldestAgeMs: 20_000,
      replayed: 0,
      stopped: 'Error: unreachable',
    });
    expect(tries).toBe(3);
    expect(w.spilled.objects.size).toBe(20);
  });

  test('an object of which the queue takes a part stays whole', async () => {
    await spill(1);
    const [key, object] = [...w.spilled.objects][0] ?? expect.fail();
    const [message] = object.messages;
    if (!message) expect.fail();
    w.spilled.objects.set(key, { ...object, messages: [message, { ...message, jobNumber: 2 }] });
    const send = w.visits.send.bind(w.visits);
    w.visits.send = async (one) => {
      w.visits.refuses = one.jobNumber === 2;
      return await send(one);
    };
    expect(await replay()).toMatchObject({ waiting: 1, replayed: 0 });
    expect(w.spilled.objects.has(key)).toBe(true);
  });
});

test('an object that the queue never takes, or that cannot be read, does not hold up the others', async () => {
  await spill(4);
  const keys = [...w.spilled.objects.keys()];
  const get = w.spilled.get.bind(w.spilled);
  w.spilled.get = async (key) => {
    if (key === keys[0]) throw new PoisonMessage(`${key} is not a spilled object.`);
    return await get(key);
  };
  const send = w.visits.send.bind(w.visits);
  w.visits.send = async (message) => {
    w.visits.refuses = message.jobNumber === 2;
    return await send(message);
  };
  expect(await replay()).toMatchObject({ waiting: 2, replayed: 2, stopped: null });
  expect(sent()).toEqual([3, 4]);
  expect([...w.spilled.objects.keys()]).toEqual(keys.slice(0, 2));
});

test('a run that has no time left stops between two objects', async () => {
  await spill(5);
  let looks = 0;
  expect(await replay({}, { mayGoOn: () => ++looks <= 2, sendMs: 10_000 })).toMatchObject({
    waiting: 3,
    replayed: 2,
    stopped: 'out of time',
  });
  expect(sent()).toEqual([1, 2]);
});

test('two runs at once send some visits twice and lose none', async () => {
  await spill(6);
  await Promise.all([replay(), replay()]);
  expect(new Set(sent())).toEqual(new Set([1, 2, 3, 4, 5, 6]));
  expect(w.spilled.objects.size).toBe(0);
});

test.each(['before', 'after'] as const)('dying just %s any effect loses no visit', async (when) => {
  for (let call = 1; ; call += 1) {
    w = { ...w, spilled: new MemorySpill(), visits: new MemoryVisitsQueue() };
    await spill(2);
    const death = new Death(call, when);
    const dying = { spilled: death.of(w.spilled), visits: death.of(w.visits) };
    const first = await Promise.race([replay(dying), death.happened]);
    await replay();
    expect(new Set(sent())).toEqual(new Set([1, 2]));
    expect(w.spilled.objects.size).toBe(0);
    if (first !== 'dead') {
      expect(call).toBe(8);
      return;
    }
  }
});
