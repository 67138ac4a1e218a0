import { beforeEach, describe, expect, test } from 'vitest';
import type { StoreProbe, StoreProbed } from '../../functions/contract/messages.ts';
import { admitted, failed, succeeded } from '../../functions/core/breaker/machine.ts';
import { breakerSettings } from '../../functions/core/breaker/settings.ts';
import { keepDomain } from '../../functions/core/gatekeeper-domain.ts';
import { type Breaker, newBreaker } from '../../functions/core/model/breaker.ts';
import type { OperatorPause } from '../../functions/core/model/pause.ts';
import { newStorage, type Storage } from '../../functions/core/model/storage.ts';
import type { Backups, FreeStorage, Reading, StorageProbe } from '../../functions/core/ports/storage.ts';
import { Death } from './death.ts';
import { MemoryClock, MemoryConsumers, MemoryLog, MemoryMetrics, MemoryShared } from './in-memory.ts';

const MINUTE = 60_000;
const breakerOf = breakerSettings(
  { failures: 2, probeSeconds: 60, maxProbeMinutes: 10, drainBatchesPerSecond: 2, drainMinutes: 4 },
  1,
);
const settings = { breaker: breakerOf, leaseMs: MINUTE, timeScale: 1 };
const store = {
  ...{ domain: 'shops', functionName: 'store-shops', mapping: 'mapping-1' },
  ...{ instance: 'shops-1', holdBytes: 7e9, resumeBytes: 9e9 },
};

class Prober implements StorageProbe {
  failure: string | null = null;
  asked: StoreProbe[] = [];
  async probe(_: string, request: StoreProbe): Promise<StoreProbed> {
    this.asked.push(request);
    await new Promise((resolve) => setImmediate(resolve));
    return { failure: this.failure };
  }
}

/** What is measured of the disk; null: nothing is. */
class Disk implements FreeStorage {
  freeBytes: number | null = null;
  fails = false;
  async read(_: string, { to }: { to: Date }): Promise<Reading[]> {
    if (this.fails) throw new Error('Throttling');
    return this.freeBytes === null ? [] : [{ at: new Date(to.getTime() - MINUTE), value: this.freeBytes }];
  }
}

/** What the database could be restored to; null: it has no backup. */
class Kept implements Backups {
  until: Date | null = null;
  fails = false;
  async restorableUntil(): Promise<Date | null> {
    if (this.fails) throw new Error('Throttling');
    return this.until;
  }
}

function world() {
  const levels: Record<string, number> = {};
  const metrics = new MemoryMetrics();
  metrics.gauge = (name: string, value: number) => {
    levels[name] = value;
  };
  return {
    breakers: new MemoryShared<Breaker>(newBreaker()),
    pauses: new MemoryShared<OperatorPause>(null),
    storages: new MemoryShared<Storage>(newStorage()),
    freeStorage: new Disk(),
    backups: new Kept(),
    consumers: new MemoryConsumers(),
    probe: new Prober(),
    clock: new MemoryClock(),
    log: new MemoryLog(),
    metrics,
    levels,
  };
}
let w: ReturnType<typeof world>;
let runs = 0;
beforeEach(() => {
  w = world();
});

const run = (ports = w) => keepDomain(ports, settings, store, `run-${++runs}`);
const attempt = (owner: string) => ({ owner, startedAt: w.clock.now(), at: w.clock.now() });
function databaseFails(): void {
  for (let i = 0; i < 2; i += 1)
    w.breakers.value = failed(
      w.breakers.value,
      attempt('x'),
      { reason: 'ECONNREFUSED', weight: 1 },
      breakerOf,
    );
}
function batchIsStored(): void {
  w.breakers.value = admitted(w.breakers.value, 'b', w.clock.now(), 1_000, breakerOf).breaker;
  w.breakers.value = succeeded(w.breakers.value, attempt('b'), breakerOf);
}

test('a closed breaker leaves its mapping alone, and says so', async () => {
  expect(await run()).toBe('closed');
  expect(w.consumers.changes).toEqual([]);
  expect(w.levels).toMatchObject({ BreakerOpen: 0 });
  expect(w.metrics.counts).toEqual({ Heartbeat: 1 });
});

describe('an outage', () => {
  beforeEach(databaseFails);

  test('pauses the mapping, also one that a deployment switched on, and is probed when it is time', async () => {
    await run();
    expect(w.consumers.changes).toEqual([false]);
    expect(w.levels).toMatchObject({ BreakerOpen: 1, StorePaused: 1 });
    w.consumers.actual = 'enabled';
    await run();
    expect(w.consumers.actual).toBe('disabled');
    expect(w.probe.asked).toEqual([]);
    w.clock.pass(MINUTE);
    w.probe.failure = 'ECONNREFUSED';
    await run();
    await run();
    expect(w.probe.asked).toEqual([{ probe: { domain: 'shops' } }]);
    expect(w.consumers.actual).toBe('disabled');
    const paused = w.log.lines.find(({ message }) => message === 'Mapping changed');
    expect(paused?.fields).toMatchObject({ pauses: [{ by: 'breaker', reason: 'ECONNREFUSED' }] });
  });

  test('that is over switches the mapping on for the one batch that decides', async () => {
    await run();
    w.clock.pass(MINUTE);
    expect(await run()).toBe('half-open');
    expect(w.consumers.actual).toBe('enabled');
    expect(w.levels).toMatchObject({ BreakerOpen: 1, StorePaused: 0 });
    batchIsStored();
    expect(await run()).toBe('closed');
    expect(w.levels).toMatchObject({ BreakerOpen: 0 });
  });

  test('that is over while nothing waits to be stored ends with a second probe', async () => {
    await run();
    for (let minute = 0; minute < 2; minute += 1) {
      w.clock.pass(MINUTE);
      await run();
    }
    expect(w.breakers.value.state).toBe('closed');
    expect(w.probe.asked).toHaveLength(2);
  });

  test('is probed once by two gatekeepers', async () => {
    w.clock.pass(MINUTE);
    await Promise.all([run(), run()]);
    expect(w.probe.asked).toHaveLength(1);
  });
});

test('an operator’s pause keeps the mapping off, whatever the breaker says, and nobody is probed', async () => {
  w.pauses.value = { reason: 'vacuum full', since: w.clock.now() };
  expect(await run()).toBe('paused');
  expect(w.consumers.actual).toBe('disabled');
  databaseFails();
  w.clock.pass(10 * MINUTE);
  await run();
  expect(w.probe.asked).toEqual([]);
  w.pauses.value = null;
  await run();
  expect(w.consumers.actual).toBe('enabled');
});

test.each(['before', 'after'] as const)(
  'a gatekeeper that dies just %s any effect leaves what later runs put right',
  async (when) => {
    for (let call = 1; ; call += 1) {
      w = world();
      databaseFails();
      w.consumers.actual = 'disabled';
      w.clock.pass(MINUTE);
      const death = new Death(call, when);
      const dying = {
        ...w,
        breakers: death.of(w.breakers),
        pauses: death.of(w.pauses),
        consumers: death.of(w.consumers),
        probe: death.of(w.probe),
      };
      const first = await Promise.race([run(dying), death.happened]);
      for (let minute = 0; minute < 3; minute += 1) {
        w.clock.pass(MINUTE);
        await run();
      }
      expect(w.breakers.value.state).toBe('closed');
      expect(w.consumers.actual).toBe('enabled');
      if (first !== 'dead') return expect(call).toBeGreaterThan(5);
    }
  },
);

test('a table that cannot be read leaves the mapping as it is, and no heartbeat', async () => {
  w.breakers.fails = true;
  await expect(run()).rejects.toThrow();
  expect(w.consumers.changes).toEqual([]);
  expect(w.metrics.counts).toEqual({});
});

describe('a disk that fills up', () => {
  const look = (freeBytes: number | null) => {
    w.freeStorage.freeBytes = freeBytes;
    w.clock.pass(6 * MINUTE);
    return run();
  };

  test('stops the store below the mark, and lets it go on above the higher one', async () => {
    expect(await look(7.1e9)).toBe('closed');
    expect(await look(6.9e9)).toBe('full');
    expect(w.consumers.changes).toEqual([false]);
    expect(w.levels).toMatchObject({ StorageHeld: 1, StorePaused: 1, BreakerOpen: 0 });
    expect(await look(8.9e9)).toBe('full');
    expect(await look(9.1e9)).toBe('closed');
    expect(w.consumers.changes).toEqual([false, true]);
    expect(w.levels).toMatchObject({ StorageHeld: 0, StorePaused: 0 });
  });

  test('that nobody can measure any more stays as it was last seen', async () => {
    await look(6e9);
    expect(await look(null)).toBe('full');
    w.freeStorage.fails = true;
    expect(await look(8e9)).toBe('full');
  });

  test('is measured every five minutes and not with every run', async () => {
    await look(8e9);
    w.freeStorage.freeBytes = 1e9;
    expect(await run()).toBe('closed');
  });

  test('that was never measured keeps nobody from writing', async () => {
    w.freeStorage.fails = true;
    expect(await run()).toBe('closed');
  });

  test('is held beside an operator’s pause: resuming that does not write to a full disk', async () => {
    w.pauses.value = { reason: 'vacuum', since: w.clock.now() };
    expect(await look(6e9)).toBe('paused');
    w.pauses.value = null;
    expect(await run()).toBe('full');
    expect(w.consumers.changes).toEqual([false]);
  });
});

describe('a backup', () => {
  test('is as old as the latest instant that the database could be restored to', async () => {
    w.backups.until = w.clock.now();
    w.clock.pass(7 * MINUTE);
    await run();
    expect(w.levels).toMatchObject({ RestorableAgeSeconds: 420 });
  });

  test('is as old on the stage’s own clock, and never younger than nothing', async () => {
    w.backups.until = new Date(w.clock.now().getTime() - 6_000);
    await keepDomain(w, { ...settings, timeScale: 0.01 }, store, 'run-a');
    expect(w.levels).toMatchObject({ RestorableAgeSeconds: 600 });
    w.backups.until = new Date(w.clock.now().getTime() + 6_000);
    await run();
    expect(w.levels).toMatchObject({ RestorableAgeSeconds: 0 });
  });

  test.each(['that is not there', 'that nobody can be asked about'])(
    '%s has no age, is in the log, and keeps nobody from writing',
    async (what) => {
      w.backups.fails = what !== 'that is not there';
      databaseFails();
      await run();
      expect(w.levels).not.toHaveProperty('RestorableAgeSeconds');
      expect(w.log.lines.map(({ message }) => message)).toContain(
        w.backups.fails ? 'Nobody says whether the database has a backup' : 'The database has no backup',
      );
      expect(w.consumers.changes).toEqual([false]);
      expect(w.metrics.counts).toEqual({ Heartbeat: 1 });
    },
  );
});
