import type { PageResult } from '../../../functions/core/marketplace.ts';
import type { Snapshot } from '../../../functions/core/model/snapshot.ts';
import type { Fetcher } from '../../../functions/core/ports/fetching.ts';
import type { Chance } from '../chance.ts';
import { type Process, SimulatedFailure } from '../process.ts';

const MINUTE_MS = 60_000;
/** How long a price, an absence or a mood lasts at least. */
const SPELL_MS = 5 * MINUTE_MS;

/**
 * The shop. What it shows follows from the seed and the time: prices that change back and forth, SKUs that come and go,
 * products that vanish, pages that nobody understands, refusals. `calm` ends all but the changes of prices.
 */
export class SimulatedMarket {
  readonly #chance: Chance;
  readonly #last: number;
  readonly #blocks: { from: number; until: number } | null;
  calm = false;
  /** What was shown, by product and instant. */
  readonly shown = new Map<string, Map<number, Snapshot[]>>();

  /** Products have the ids from 1 to `last`; some do not exist. Some seeds have a block some time after `start`. */
  constructor(chance: Chance, last: number, start: Date) {
    this.#chance = chance;
    this.#last = last;
    const from = start.getTime() + chance.draw('block from', 0) * 20 * MINUTE_MS;
    const blocks = chance.happens('block', 0, 0.25);
    this.#blocks = blocks ? { from, until: from + chance.draw('block for', 0) * 20 * MINUTE_MS } : null;
  }

  get ids(): string[] {
    return Array.from({ length: this.#last }, (_, i) => String(i + 1)).filter((id) => !this.#isUnused(id));
  }

  fetcher(process: Process): Fetcher {
    return {
      fetch: async ({ url }) => {
        const id = url.split('/').at(-1) ?? '';
        try {
          return await process.call('fetch', () => {
            const receivedAt = process.now();
            const { status, result } = this.#page(id, receivedAt);
            const body = Buffer.from(JSON.stringify(result));
            return { url, status, headers: {}, body, receivedAt };
          });
        } catch (error) {
          if (!(error instanceof SimulatedFailure)) throw error;
          return { failure: 'timeout', detail: error.message };
        }
      },
    };
  }

  #page(id: string, at: Date): { status: number; result: PageResult } {
    const time = at.getTime();
    if (!this.calm && this.#blocks && time >= this.#blocks.from && time < this.#blocks.until) {
      return { status: 403, result: { outcome: 'blocked', detail: 'HTTP 403' } };
    }
    if (id === 'robots.txt' || this.#isUnused(id)) {
      return { status: 404, result: { outcome: 'gone', detail: 'HTTP 404' } };
    }
    const spell = Math.floor(time / SPELL_MS);
    const mood = this.calm ? 1 : this.#chance.draw(`mood ${id}`, spell);
    if (mood < 0.04) return { status: 404, result: { outcome: 'gone', detail: 'HTTP 404' } };
    if (mood < 0.07)
      return { status: 429, result: { outcome: 'throttled', detail: '', retryAfterMs: 30_000 } };
    if (mood < 0.09) return { status: 200, result: { outcome: 'format-changed', detail: 'no price' } };
    if (mood < 0.11) return { status: 200, result: { outcome: 'empty', detail: 'nothing' } };
    if (mood < 0.13) return { status: 503, result: { outcome: 'server-error', detail: 'HTTP 503' } };
    const snapshot = this.#show(id, spell, at);
    return { status: 200, result: { outcome: 'ok', schema: 's', snapshots: [snapshot], references: [] } };
  }

  #show(id: string, spell: number, at: Date): Snapshot {
    const offers = ['a', 'b'].flatMap((sku) => {
      const topic = `${id} ${sku}`;
      if (sku === 'b' && this.#chance.happens(`listed ${topic}`, spell, 0.25)) return [];
      const price = String(1_000 + 100 * this.#chance.pick(`price ${topic}`, spell, 3));
      const nothing = { title: null, oldPrice: null, available: null };
      return [{ externalId: sku, price, availability: 'in_stock' as const, ...nothing }];
    });
    const observedAt = at.toISOString();
    const nothing = { seller: null, category: null };
    const product = { kind: 'product' as const, externalId: id, title: 'T', currency: 'UZS' };
    const snapshot = { ...product, observedAt, offers, ...nothing };
    const shown = this.shown.get(id) ?? new Map<number, Snapshot[]>();
    this.shown.set(id, shown);
    shown.set(at.getTime(), [...(shown.get(at.getTime()) ?? []), snapshot]);
    return snapshot;
  }

  #isUnused(id: string): boolean {
    return Number(id) > this.#last || this.#chance.happens(`unused ${id}`, 0, 0.15);
  }
}
