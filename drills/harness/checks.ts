import { Client } from 'pg';
import { isBalanced } from '../../cli/report/model.ts';
import { compareMarketplace, openReportDatabase } from '../../cli/start/compare.ts';
import type { Session } from '../../cli/start/session.ts';
import { superuser } from '../../local/postgres/server.ts';
import type { Passes } from './passes.ts';

/** Something that must be so, and whether it is. */
export interface Check {
  what: string;
  pass: boolean;
  /** `expected 0, saw 3 (…)` */
  detail: string;
}

export interface Tally {
  lost: number;
  duplicated: number;
  deadLettered: number;
  fetchedTwice: number;
  /** Sentences about what is lost and duplicated: the first few. */
  examples: string[];
  /** Sweeps whose books do not balance. */
  unbalanced: string[];
}

/** Holds the state of the stack to the simulator's ground truth and to the ledger. */
export async function takeStock(session: Session, passes: Passes): Promise<Tally> {
  const tally: Tally = {
    lost: 0,
    duplicated: 0,
    deadLettered: deadLetters(session),
    fetchedTwice: 0,
    examples: [],
    unbalanced: [],
  };
  for (const marketplace of passes.used) {
    const database = await openReportDatabase(session, marketplace);
    try {
      const truth = await compareMarketplace(session, marketplace, database);
      tally.lost += truth.missing + truth.wrong;
      tally.duplicated += truth.extra;
      tally.examples.push(...truth.examples);
    } finally {
      await database.close();
    }
    for await (const { epoch, count, via } of session.simulator.visits(marketplace))
      if (via === 'detail') tally.fetchedTwice += Math.max(0, count - passes.most(marketplace, epoch));
    for (const sweep of await session.ledger.sweeps(marketplace, 100)) {
      const books = await session.ledger.books(sweep.sweepId);
      if (isBalanced(books)) continue;
      tally.lost += books.inFlight;
      tally.unbalanced.push(`${sweep.sweepId}: ${JSON.stringify(books)}`);
    }
  }
  tally.duplicated += await repeatedPoints(session);
  return tally;
}

/** Messages in the dead-letter queues of jobs and snapshots. */
export function deadLetters({ stack }: Session): number {
  return Object.entries(stack.sqs.statistics())
    .filter(([name]) => name.endsWith('-dlq'))
    .reduce((sum, [, { visible, inFlight, delayed }]) => sum + visible + inFlight + delayed, 0);
}

/** Things that are there twice, neighbours in a history that do not differ or overlap. */
async function repeatedPoints({ stack }: Session): Promise<number> {
  let count = 0;
  for (const address of Object.values(stack.endpoints.postgres)) {
    const client = new Client({ ...address, user: superuser });
    await client.connect();
    try {
      const { rows } = await client.query<{ count: string }>(
        `select (select count(*) from (select 1 from product group by marketplace_id, kind, external_id having count(*) > 1) d)
              + (select count(*) from (select 1 from sku group by product_id, external_id having count(*) > 1) d)
              + (select count(*) from (
                   select (price, old_price, currency, availability)
                            is not distinct from lag((price, old_price, currency, availability)) over w
                            and not gap_before as same,
                          lag(last_confirmed_at) over w > first_observed_at as overlapping
                     from price_history window w as (partition by sku_id order by first_observed_at)) n
                  where same or overlapping) as count`,
      );
      count += Number(rows[0]?.count ?? 0);
    } finally {
      await client.end();
    }
  }
  return count;
}
