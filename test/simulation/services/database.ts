import type { Visit, VisitsMessage } from '../../../functions/contract/messages.ts';
import { changesOf, type PointRow, type SkuChanges } from '../../../functions/core/history/changes.ts';
import {
  byTime,
  type FoldedProduct,
  type foldVisits,
  type KnownSku,
  needsHistory,
  needsNoSkus,
} from '../../../functions/core/history/product.ts';
import type { Run } from '../../../functions/core/history/runs.ts';
import { neverSeen, type Sighting } from '../../../functions/core/history/sighting.ts';
import { type ProductVisit, snapshotVisit } from '../../../functions/core/history/visit.ts';
import type { ReferenceOutcome } from '../../../functions/core/model/outcome.ts';
import type { Reference } from '../../../functions/core/model/reference.ts';
import type { StoredBatch } from '../../../functions/core/ports/database.ts';

export interface StoredSku {
  title: string | null;
  value: KnownSku['value'];
  startedAt: number;
  listed: boolean;
  /** By their start, as the table's key has it. */
  readonly points: Map<number, PointRow>;
}

export interface StoredProduct {
  sighting: Sighting;
  readonly skus: Map<string, StoredSku>;
  nextDue: number;
}

/** What one transaction folded of one product, in order. */
export interface Delivery {
  readonly product: string;
  readonly visits: readonly ProductVisit[];
}

/**
 * Rows in memory, written from what the history's fold says, as the real store writes them. A transaction is all or
 * nothing, and transactions come one after the other.
 */
export class SimulatedDatabase {
  readonly products = new Map<string, StoredProduct>();
  readonly deliveries: Delivery[] = [];
  readonly #fold: typeof foldVisits;
  readonly #revisitMs: number;
  onCommit: (visit: Visit) => void = () => undefined;

  /** `fold` is the history's, or a broken one; `revisitMs` is how long a claim lasts. */
  constructor(fold: typeof foldVisits, revisitMs: number) {
    this.#fold = fold;
    this.#revisitMs = revisitMs;
  }

  commit(messages: readonly VisitsMessage[], now: number): StoredBatch {
    const outcomes = messages.map(() => new Map<number, ReferenceOutcome>());
    const counts = { stored: 0, unchanged: 0, gone: 0 };
    const groups = new Map<string, { message: number; index: number; visit: ProductVisit }[]>();
    for (const [message, { visits }] of messages.entries()) {
      for (const row of visits) {
        const { externalId } = row.outcome === 'ok' ? row.snapshot : row.reference;
        const group = groups.get(externalId) ?? [];
        groups.set(externalId, group);
        group.push({ message, index: row.index, visit: visitOf(row) });
      }
    }
    for (const [externalId, group] of groups) {
      group.sort((a, b) => byTime(a.visit, b.visit));
      const visits = group.map(({ visit }) => visit);
      const folded = this.#store(externalId, visits, now);
      this.deliveries.push({ product: externalId, visits });
      for (const [at, outcome] of folded.outcomes.entries()) {
        const { message, index } = group[at] ?? { message: -1, index: -1 };
        outcomes[message]?.set(index, outcome);
        counts[outcome] += 1;
      }
    }
    for (const { visits } of messages) for (const visit of visits) this.onCommit(visit);
    const nothing = {
      pricePointsAdded: 0,
      late: 0,
      ties: 0,
      currencyChanges: 0,
      priceJumps: 0,
      rowsQuarantined: 0,
      transactionRetries: 0,
    };
    return { outcomes, counts: { ...nothing, ...counts } };
  }

  /** Hands out what is due and moves it on, as a lease. */
  claim(limit: number, now: number): Reference[] {
    const due = [...this.products].filter(([, { nextDue }]) => nextDue <= now);
    return due
      .sort(([, a], [, b]) => a.nextDue - b.nextDue)
      .slice(0, limit)
      .map(([externalId, product]): Reference => {
        product.nextDue = now + this.#revisitMs;
        return { kind: 'product', externalId };
      });
  }

  #store(externalId: string, visits: readonly ProductVisit[], now: number): FoldedProduct {
    const known = this.products.get(externalId);
    const sighting = known?.sighting ?? neverSeen;
    const skus = known && !needsNoSkus(sighting, visits) ? knownSkus(known) : [];
    const histories = new Map(
      skus
        .filter((sku) => needsHistory(sku, sighting.lastSeenAt, visits))
        .map((sku) => [sku.id, runsOf(known?.skus.get(sku.id), sighting.lastSeenAt)]),
    );
    const folded = this.#fold(sighting, skus, histories, visits);
    if (!known && !folded.newest) return folded;
    const product = known ?? { sighting, skus: new Map<string, StoredSku>(), nextDue: now + this.#revisitMs };
    this.products.set(externalId, product);
    for (const changes of changesOf(folded, sighting.lastSeenAt).skus) write(product, changes);
    product.sighting = folded.sighting;
    return folded;
  }
}

/** All runs of a SKU; an open point ends with the product's newest snapshot. */
export function runsOf(sku: StoredSku | undefined, lastSeenAt: number | null): Run[] {
  return [...(sku?.points.values() ?? [])]
    .sort((a, b) => a.first - b.first)
    .map(({ first, last, value, hiddenBefore }) => ({
      first,
      last: last ?? lastSeenAt ?? first,
      value,
      hiddenBefore,
    }));
}

function visitOf(row: Visit): ProductVisit {
  return row.outcome === 'ok'
    ? snapshotVisit(row.snapshot)
    : { outcome: 'gone', at: Date.parse(row.observedAt) };
}

function knownSkus(product: StoredProduct): KnownSku[] {
  return [...product.skus].map(([externalId, { title, value, startedAt, listed }]) => ({
    id: externalId,
    externalId,
    title,
    value,
    startedAt,
    listed,
  }));
}

function write(product: StoredProduct, { externalId, row, deletes, ends, inserts }: SkuChanges): void {
  const stored = product.skus.get(externalId);
  if (!stored && !row) throw new Error(`Points of the SKU ${externalId}, which is not there.`);
  const sku: StoredSku = { ...(stored as StoredSku), points: stored?.points ?? new Map(), ...row };
  product.skus.set(externalId, sku);
  for (const first of deletes) sku.points.delete(first);
  for (const { first, last } of ends) {
    const point = sku.points.get(first);
    if (point) sku.points.set(first, { ...point, last });
  }
  for (const point of inserts) {
    if (sku.points.has(point.first)) throw new Error(`duplicate key: ${externalId} ${point.first}`);
    sku.points.set(point.first, point);
  }
}
