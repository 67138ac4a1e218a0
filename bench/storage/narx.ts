import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'pg';
import { Database } from '../../functions/adapters/postgres/database.ts';
import { PostgresDueReferences } from '../../functions/adapters/postgres/due-references.ts';
import { PostgresVisitStore } from '../../functions/adapters/postgres/visit-store.ts';
import type { Reference } from '../../functions/core/model/reference.ts';
import type { Log } from '../../functions/core/ports/runtime.ts';
import type { Shop } from './shop.ts';

/** As in a stage: two writers, each with a connection, and batches of a few messages. */
const writers = 2;
const batch = 500;
export const dayMs = 86_400_000;

export interface Pass {
  visits: number;
  stored: number;
  unchanged: number;
  pricePoints: number;
}

/** Claims and stores with the code that is deployed, without the queue between them. `firstDay` is a UTC midnight. */
export class NarxUnderTest {
  readonly #shop: Shop;
  readonly #firstDay: number;
  readonly #due: PostgresDueReferences;
  readonly #stores: PostgresVisitStore[];
  readonly #databases: Database[];
  #now = 0;

  constructor(address: { host: string; port: number; database: string }, shop: Shop, firstDay: number) {
    this.#shop = shop;
    this.#firstDay = firstDay;
    const open = (user: string) =>
      new Database(() => ({ ...address, user, query_timeout: 600_000, connectionTimeoutMillis: 10_000 }));
    const due = open('narx_due');
    const databases = Array.from({ length: writers }, () => open('narx_store'));
    this.#databases = [due, ...databases];
    this.#due = new PostgresDueReferences(due);
    this.#stores = databases.map(
      (database) =>
        new PostgresVisitStore({
          database,
          schema: 'retail',
          quarantine: { put: refuse, putRow: refuse },
          clock: { now: () => new Date(this.#now) },
          log: silent,
          pause,
        }),
    );
  }

  /** Every product for the first time, in the order of its id. */
  async load(tell: (done: number) => void): Promise<Pass> {
    let next = 1;
    return await this.#pass(0, tell, (limit) => {
      const ids = Array.from({ length: limit }, (_, index) => next + index);
      next += limit;
      return Promise.resolve(ids.map((id): Reference => ({ kind: 'product', externalId: String(id) })));
    });
  }

  /** Every product once, as the schedule gives them out. */
  async visitAll(day: number, tell: (done: number) => void): Promise<Pass> {
    return await this.#pass(day, tell, (limit) => this.#due.claim('uzum', limit));
  }

  async close(): Promise<void> {
    for (const database of this.#databases) await database.close();
  }

  async #pass(
    day: number,
    tell: (done: number) => void,
    claim: (limit: number) => Promise<Reference[]>,
  ): Promise<Pass> {
    const { products } = this.#shop;
    const start = this.#firstDay + day * dayMs;
    this.#now = start + dayMs;
    const pass: Pass = { visits: 0, stored: 0, unchanged: 0, pricePoints: 0 };
    let claimed = 0;
    const work = async (store: PostgresVisitStore): Promise<void> => {
      while (claimed < products) {
        const from = claimed;
        const limit = Math.min(batch, products - claimed);
        claimed += limit;
        const references = await claim(limit);
        if (references.length !== limit)
          throw new Error(`${references.length} of ${limit} products were due`);
        const message = this.#shop.visits(references, (index) =>
          Math.floor(start + ((from + index) / products) * dayMs),
        );
        const { counts } = await store.store([message]);
        pass.visits += limit;
        pass.stored += counts.stored;
        pass.unchanged += counts.unchanged;
        pass.pricePoints += counts.pricePointsAdded;
        tell(pass.visits);
      }
    };
    await Promise.all(this.#stores.map(work));
    return pass;
  }
}

/** Makes room for the prices of a day, as migrate does daily. */
export async function preparePartitions(owner: Client, at: number): Promise<void> {
  await owner.query('select create_partitions($1)', [new Date(at).toISOString()]);
}

const refuse = () => Promise.reject(new Error('nothing of this benchmark belongs into the quarantine'));
const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: (message, fields) => console.error(message, fields),
  error: (message, fields) => console.error(message, fields),
};
