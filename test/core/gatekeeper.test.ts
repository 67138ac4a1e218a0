import { beforeEach, describe, expect, test } from 'vitest';
import type { ProbeRequest, ProbeResult } from '../../functions/contract/messages.ts';
import { closedByOperator, troubled } from '../../functions/core/gate/machine.ts';
import { keepGate, obeyOperator } from '../../functions/core/gatekeeper.ts';
import { ConfigurationError } from '../../functions/core/model/errors.ts';
import { type Gate, newGate } from '../../functions/core/model/gate.ts';
import type { OperatorPause } from '../../functions/core/model/pause.ts';
import type { Probe } from '../../functions/core/ports/fetching.ts';
import { Death } from './death.ts';
import { MemoryClock, MemoryConsumers, MemoryLog, MemoryMetrics, MemoryShared } from './in-memory.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const gateSettings = { coolDownMs: HOUR, maxCoolDownMs: 24 * HOUR, retryMs: MINUTE };
const settings = { gate: gateSettings, leaseMs: MINUTE };
const scraper = { marketplace: 'market', functionName: 'scrape-market', mapping: 'mapping-1' };
const known = { marketplaces: ['market'], domains: ['shops'] };
const reference = { kind: 'product' as const, externalId: '20' };

class Prober implements Probe {
  result: ProbeResult = { outcome: 'ok', exit: 'direct' };
  asked: ProbeRequest[] = [];
  async probe(_: string, request: ProbeRequest): Promise<ProbeResult> {
    this.asked.push(request);
    await new Promise((resolve) => setImmediate(resolve));
    return this.result;
  }
}

function world() {
  return {
    gates: new MemoryShared<Gate>(newGate()),
    pauses: new MemoryShared<OperatorPause>(null),
    consumers: new MemoryConsumers(),
    probe: new Prober(),
    clock: new MemoryClock(),
    log: new MemoryLog(),
    metrics: new MemoryMetrics(),
    levels: {} as Record<string, number>,
  };
}
let w: ReturnType<typeof world>;
let runs = 0;
beforeEach(() => {
  w = world();
  w.metrics.gauge = (name: string, value: number) => {
    w.levels[name] = value;
  };
});

const run = (ports = w) => keepGate(ports, settings, scraper, `run-${++runs}`);
function block(): void {
  const at = w.clock.now();
  const report = { trouble: 'blocked' as const, exit: 'direct', reason: 'HTTP 403', askedAt: at, at };
  w.gates.value = troubled(w.gates.value, { ...report, probes: [reference] }, ['direct'], gateSettings);
}

describe('an open gate', () => {
  test('leaves its mapping alone, and says so', async () => {
    await run();
    expect(w.consumers.changes).toEqual([]);
    expect(w.levels).toEqual({ GateClosed: 0 });
    expect(w.metrics.counts).toEqual({ Heartbeat: 1 });
  });

  test('switches a mapping on that something else switched off', async () => {
    w.consumers.actual = 'disabled';
    await run();
    expect(w.consumers.changes).toEqual([true]);
  });
});

describe('a closed gate', () => {
  test('has its mapping switched off, once, and nobody is probed before the time', async () => {
    block();
    await run();
    w.clock.pass(HOUR - 1);
    await run();
    expect(w.consumers.changes).toEqual([false]);
    expect(w.probe.asked).toEqual([]);
    expect(w.levels).toEqual({ GateClosed: 1 });
  });

  test('stays effective when a deployment switches the mapping on', async () => {
    block();
    await run();
    w.consumers.actual = 'enabled';
    await run();
    expect(w.consumers.actual).toBe('disabled');
  });

  test('waits for a change that is under way, and finishes in the next run', async () => {
    block();
    w.consumers.actual = 'changing';
    await run();
    expect(w.consumers.changes).toEqual([]);
    w.consumers.actual = 'enabled';
    w.consumers.busy = true;
    await run();
    expect(w.consumers.actual).toBe('enabled');
    w.consumers.busy = false;
    await run();
    expect(w.consumers.actual).toBe('disabled');
  });

  test('by an operator is never probed', async () => {
    w.gates.value = closedByOperator(newGate(), 'inventory', w.clock.now());
    w.clock.pass(100 * HOUR);
    await run();
    expect(w.probe.asked).toEqual([]);
    expect(w.consumers.actual).toBe('disabled');
  });
});

describe('when the cool-down is over', () => {
  beforeEach(async () => {
    block();
    await run();
    w.clock.pass(HOUR);
  });

  test('one probe that goes well opens gate and mapping in the same run', async () => {
    await run();
    expect(w.probe.asked).toEqual([{ probe: { marketplace: 'market', reference } }]);
    expect(w.gates.value).toMatchObject({ state: 'open', closings: 1 });
    expect(w.consumers.actual).toBe('enabled');
    expect(w.levels).toEqual({ GateClosed: 0 });
  });

  test('a probe that is refused doubles it', async () => {
    w.probe.result = { outcome: 'blocked', exit: 'direct', detail: 'a CAPTCHA' };
    await run();
    for (let minute = 0; minute < 119; minute += 1) {
      w.clock.pass(MINUTE);
      await run();
    }
    expect(w.probe.asked).toHaveLength(1);
    expect(w.consumers.changes).toEqual([false]);
    w.clock.pass(MINUTE);
    await run();
    expect(w.probe.asked).toHaveLength(2);
  });

  test('a probe that tells nothing is repeated in the next minute', async () => {
    w.probe.result = { outcome: 'failed', detail: 'timeout', retryAfterMs: null };
    await run();
    await run();
    expect(w.probe.asked).toHaveLength(1);
    expect(w.gates.value).toMatchObject({ state: 'cooling', closings: 1 });
    w.clock.pass(MINUTE);
    w.probe.result = { outcome: 'ok', exit: 'direct' };
    await run();
    expect(w.gates.value.state).toBe('open');
  });

  test('two gatekeepers at once make one probe', async () => {
    await Promise.all([run(), run()]);
    expect(w.probe.asked).toHaveLength(1);
    expect(w.gates.value.state).toBe('open');
  });
});

test.each(['before', 'after'] as const)(
  'a gatekeeper that dies just %s any effect leaves what later runs put right, with no more than one probe more',
  async (when) => {
    for (let call = 1; ; call += 1) {
      w = world();
      w.metrics.gauge = () => undefined;
      block();
      w.consumers.actual = 'disabled';
      w.clock.pass(HOUR);
      const death = new Death(call, when);
      const dying = {
        ...w,
        gates: death.of(w.gates),
        consumers: death.of(w.consumers),
        probe: death.of(w.probe),
      };
      const first = await Promise.race([run(dying), death.happened]);
      for (let minute = 0; minute < 3; minute += 1) {
        w.clock.pass(MINUTE);
        await run();
      }
      expect(w.gates.value.state).toBe('open');
      expect(w.consumers.actual).toBe('enabled');
      expect(w.probe.asked.length).toBeLessThanOrEqual(first === 'dead' ? 2 : 1);
      if (first !== 'dead') return expect(call).toBeGreaterThan(5);
    }
  },
);

test('a table that cannot be read leaves the mapping as it is, and no heartbeat', async () => {
  w.gates.fails = true;
  await expect(run()).rejects.toThrow();
  expect(w.consumers.changes).toEqual([]);
  expect(w.metrics.counts).toEqual({});
});

describe('an operator', () => {
  test('closes and opens a gate', async () => {
    await obeyOperator(w, { action: 'close', marketplace: 'market', reason: 'inventory' }, known);
    await run();
    expect(w.consumers.actual).toBe('disabled');
    await obeyOperator(w, { action: 'open', marketplace: 'market' }, known);
    await run();
    expect(w.consumers.actual).toBe('enabled');
  });

  test('is told which marketplaces there are', async () => {
    const order = { action: 'open', marketplace: 'merket' } as const;
    const refusal = obeyOperator(w, order, known);
    await expect(refusal).rejects.toBeInstanceOf(ConfigurationError);
    await expect(refusal).rejects.toThrow(/no marketplace "merket".*market/);
  });

  test('pauses a storage domain, once, until one resumes it', async () => {
    const order = { action: 'pause', domain: 'shops', reason: 'vacuum full' } as const;
    await obeyOperator(w, order, known);
    const since = w.clock.now();
    w.clock.pass(MINUTE);
    await obeyOperator(w, order, known);
    expect(w.pauses.value).toEqual({ reason: 'vacuum full', since });
    await obeyOperator(w, { action: 'resume', domain: 'shops' }, known);
    expect(w.pauses.value).toBeNull();
    await expect(obeyOperator(w, { ...order, domain: 'market' }, known)).rejects.toThrow(
      'There is no storage domain "market" in this stage; it has shops.',
    );
  });
});
