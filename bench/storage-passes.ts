import { Client } from 'pg';
import { passOf } from '../cli/start/pass.ts';
import { Progress } from '../cli/start/progress.ts';
import type { Session } from '../cli/start/session.ts';
import { superuser } from '../local/postgres/server.ts';

export interface StoragePass {
  name: string;
  products: number;
  bytes: number;
  addedBytes: number;
  pricePointsAdded: number;
  /** Share of SKUs that got a new price point. */
  skusChanged: string;
}

/**
 * What the database weighs, tables and indexes together, after the first pass (which has been made), after unchanged
 * re-checks of everything, and after an epoch in which some SKUs change. Autovacuum runs as it does in production.
 */
export async function storagePasses(session: Session): Promise<StoragePass[]> {
  const address = session.stack.endpoints.postgres['ecommerce'];
  if (!address) throw new Error('The stack has no database for ecommerce.');
  const client = new Client({ ...address, user: superuser });
  await client.connect();
  const passes: StoragePass[] = [];
  const measure = async (name: string): Promise<void> => {
    const { rows } = await client.query<{ bytes: string; products: string; skus: string; points: string }>(
      `select (select sum(pg_total_relation_size(c.oid)) from pg_class c join pg_namespace n on n.oid = c.relnamespace
                where n.nspname = 'public' and c.relkind in ('r')) as bytes,
              (select count(*) from product) as products, (select count(*) from sku) as skus,
              (select count(*) from price_point) as points`,
    );
    const row = rows[0];
    if (!row) throw new Error('The measuring query returned nothing.');
    const bytes = Number(row.bytes);
    const points = Number(row.points);
    const before = totals;
    totals = { bytes, points };
    const added = points - before.points;
    passes.push({
      name,
      products: Number(row.products),
      bytes,
      addedBytes: bytes - before.bytes,
      pricePointsAdded: added,
      skusChanged: `${((added / Number(row.skus)) * 100).toFixed(1)} %`,
    });
  };
  let totals = { bytes: 0, points: 0 };
  const refresh = async (): Promise<void> => {
    const done = await passOf(session, 'uzum', 'refresh', new Progress());
    if (!done || done.sweeps.length === 0) throw new Error('The refresh had nothing to do.');
  };
  try {
    await measure('first');
    for (const name of ['unchanged', 'unchanged again', 'unchanged a third time']) {
      await refresh();
      await measure(name);
    }
    await session.simulator.nextEpoch();
    await refresh();
    await measure('one epoch of changes');
    return passes;
  } finally {
    await client.end();
  }
}
