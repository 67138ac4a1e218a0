import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { DynamoClearances } from '../../../functions/adapters/dynamodb/clearances.ts';
import { DynamoGates } from '../../../functions/adapters/dynamodb/gates.ts';
import { clearanceKey, gateKey, paceKey } from '../../../functions/adapters/dynamodb/items.ts';
import { DynamoPaces } from '../../../functions/adapters/dynamodb/paces.ts';
import {
  closedByOperator,
  leased,
  openedByOperator,
  troubled,
} from '../../../functions/core/gate/machine.ts';
import { clearedUpTo, lookedIntoSpill, noClearance } from '../../../functions/core/model/clearance.ts';
import { type Gate, newGate } from '../../../functions/core/model/gate.ts';
import type { Pace } from '../../../functions/core/model/pace.ts';
import { reserved } from '../../../functions/core/pace/machine.ts';
import { readItem, startTable, tableName, writeItem } from './table.ts';

let table: Awaited<ReturnType<typeof startTable>>;
beforeAll(async () => {
  table = await startTable();
});
afterAll(() => table.stop());

const HOUR = 3_600_000;
const at = new Date('2031-02-03T04:00:00.000Z');
const closing = (gate: Gate): Gate =>
  troubled(
    gate,
    {
      trouble: 'blocked',
      exit: 'direct',
      reason: 'HTTP 403',
      probes: [{ kind: 'product', externalId: '20' }],
      askedAt: at,
      at,
    },
    ['direct'],
    { coolDownMs: HOUR, maxCoolDownMs: 24 * HOUR, retryMs: 60_000 },
  );

describe('gates in the table', () => {
  test('are open until something happens', async () => {
    expect(await new DynamoGates(table.client, tableName).read('untouched')).toEqual(newGate());
  });

  test('are read as they were written, by any worker', async () => {
    const written = await new DynamoGates(table.client, tableName).change('uzum', closing);
    expect(written.state).toBe('cooling');
    expect(await new DynamoGates(table.client, tableName).read('uzum')).toEqual(written);
  });

  test('close once when twenty workers report a block at once', async () => {
    const workers = Array.from({ length: 20 }, () => new DynamoGates(table.client, tableName));
    await Promise.all(workers.map((worker) => worker.read('crowd')));
    const seen = await Promise.all(workers.map((worker) => worker.change('crowd', closing)));
    expect(seen).toEqual(Array(20).fill(expect.objectContaining({ state: 'cooling', closings: 1 })));
  });

  test('give a lease to one of many gatekeepers', async () => {
    await new DynamoGates(table.client, tableName).change('leased', closing);
    const later = new Date(at.getTime() + HOUR);
    const owners = Array.from({ length: 10 }, (_, i) => `run-${i}`);
    const seen = await Promise.all(
      owners.map((owner) =>
        new DynamoGates(table.client, tableName).change('leased', (gate) =>
          leased(gate, owner, later, 60_000),
        ),
      ),
    );
    const holders = seen.filter((gate, i) => gate.state === 'cooling' && gate.lease?.owner === owners[i]);
    expect(holders).toHaveLength(1);
  });

  test('are looked at anew before a change is called unnecessary', async () => {
    const stale = new DynamoGates(table.client, tableName);
    await stale.change('stale', closing);
    await new DynamoGates(table.client, tableName).change('stale', (gate) => openedByOperator(gate, at));
    // Nothing to do for a gate that is cooling, as this worker remembers it; but it is open.
    const report = (gate: Gate): Gate => closing({ ...gate, since: at });
    expect(
      await stale.change('stale', (gate) => (gate.state === 'open' ? report(gate) : gate)),
    ).toMatchObject({
      state: 'cooling',
      closings: 1,
    });
  });

  test('that cannot be read count as closed, say why, and are repaired by opening them', async () => {
    await writeItem(table.client, { ...gateKey('damaged'), state: { S: '{"state":"ajar"}' } });
    const gates = new DynamoGates(table.client, tableName);
    const damaged = await gates.read('damaged');
    expect(damaged).toMatchObject({ state: 'closed', reason: expect.stringMatching(/cannot be read/) });
    await gates.change('damaged', (gate) => openedByOperator(gate, at));
    expect(await new DynamoGates(table.client, tableName).read('damaged')).toMatchObject({ state: 'open' });
  });

  test('are not written when nothing changes', async () => {
    const gates = new DynamoGates(table.client, tableName);
    await gates.change('idle', (gate) => gate);
    expect(await readItem(table.client, gateKey('idle'))).toBeUndefined();
  });

  test('know a write of their own that the SDK repeated', async () => {
    const gates = new DynamoGates(table.client, tableName);
    await gates.read('repeated');
    const send = table.client.send.bind(table.client) as (command: never) => Promise<never>;
    const spy = vi.spyOn(table.client, 'send').mockImplementation((async (command: never) => {
      // The first answer is lost on its way; the SDK sends the same write again, which is refused now.
      await send(command);
      return await send(command);
    }) as never);
    const closed = await gates.change('repeated', (gate) => closedByOperator(gate, 'inventory', at));
    spy.mockRestore();
    expect(closed).toMatchObject({ state: 'closed' });
    expect(await gates.read('repeated')).toEqual(closed);
  });
});

describe('paces in the table', () => {
  const limits = { floor: 1, ceiling: 100 };

  test('begin at the initial rate, also after one that cannot be read', async () => {
    await writeItem(table.client, { ...paceKey('odd'), state: { S: '{"rate":"fast"}' } });
    const paces = new DynamoPaces(table.client, tableName, 10);
    const fresh = { rate: 10, nextFreeAt: 0, notBefore: 0, slowedAt: 0 };
    expect(await paces.read('new')).toEqual(fresh);
    expect(await paces.read('odd')).toEqual(fresh);
  });

  test('hand out stretches that do not overlap to workers that ask at once', async () => {
    const now = at.getTime();
    const stretches = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const paces = new DynamoPaces(table.client, tableName, 10);
        let taken = { startsAt: 0, count: 0, intervalMs: 0 };
        await paces.change('shared', (pace: Pace) => {
          const result = reserved(pace, 20, now, HOUR, limits);
          taken = result.stretch;
          return result.pace;
        });
        return taken;
      }),
    );
    const starts = stretches.map(({ startsAt }) => startsAt - now).sort((a, b) => a - b);
    expect(starts).toEqual([0, 2_000, 4_000, 6_000, 8_000, 10_000, 12_000, 14_000]);
  });

  test('take one write and no read from a worker that is alone', async () => {
    const paces = new DynamoPaces(table.client, tableName, 10);
    const take = (pace: Pace): Pace => reserved(pace, 1, at.getTime(), HOUR, limits).pace;
    await paces.change('alone', take);
    const spy = vi.spyOn(table.client, 'send');
    await paces.change('alone', take);
    expect(spy).toHaveBeenCalledTimes(1);
  });
});

test('a clearance is read as the instant that was written, never goes back, and is none when it is damaged', async () => {
  const clearances = new DynamoClearances(table.client, tableName);
  expect(await clearances.read('uzum')).toEqual(noClearance);
  for (const before of [at, new Date(at.getTime() - HOUR), null])
    await clearances.change('uzum', (current) => clearedUpTo(current, before));
  const look = { waits: true, at, everyMs: HOUR };
  await clearances.change('uzum', (current) => lookedIntoSpill(current, look));
  const written = { before: at, spill: { lookedAt: at, until: at } };
  expect(await new DynamoClearances(table.client, tableName).read('uzum')).toEqual(written);
  // As it was written before anybody looked into the spill.
  await writeItem(table.client, {
    ...clearanceKey('uzum'),
    state: { S: `{"before":"${at.toISOString()}"}` },
  });
  expect(await clearances.read('uzum')).toEqual({ before: at, spill: null });
  await writeItem(table.client, { ...clearanceKey('uzum'), state: { S: '{"before":"yesterday"}' } });
  expect(await clearances.read('uzum')).toEqual(noClearance);
});
