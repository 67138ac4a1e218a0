import type { Page, PageResult, ParseContext } from '../../core/marketplace.ts';
import type { Reference } from '../../core/model/reference.ts';
import { formatChanged, rejected } from '../shared/refusals.ts';
import { askedLot, isAsked, lotReference, type ReadLot, type StatedLot, snapshotOf } from './lots.ts';
import { listAfter, readRowList } from './request.ts';
import { type RowForm, type RowHints, readRow } from './rows.ts';
import { statedTotal } from './windows.ts';

type Row = Record<string, unknown>;

/**
 * Rows of lots. Rows come in any order and some twice: a lot counts once. A lot with impossible values, or stated twice
 * with different ones, is not stored from here; its reference is, and its own visit says what is wrong with it. So it is with
 * a row of a shape that is not known, unless it does not even say which lot it is of, or most rows are such: then the format
 * has changed.
 */
export function lotsResult(
  rows: readonly Row[],
  form: RowForm,
  page: Page,
  context: ParseContext,
): PageResult {
  const hints = hintsOf(page, context);
  const byId = new Map<string, StatedLot>();
  let unknown = 0;
  for (const row of rows) {
    const read = readRow(form, row, hints);
    if ('unknown' in read) unknown += 1;
    const lot = 'unknown' in read ? unreadLot(read) : read;
    if ('unknown' in lot) return formatChanged(`${form.page}: ${lot.unknown}`);
    if ('unknown' in read && unknown > rows.length / 2) return formatChanged(`${form.page}: ${read.unknown}`);
    const key = `${lot.space}:${lot.id}`;
    byId.set(key, agreed(byId.get(key), lot));
  }
  const lots = [...byId.values()];
  const asked = askedLot(page, context);
  if (asked) {
    const own = lots.find((lot) => isAsked(lot, asked));
    if (own) return lotResult(own, form.page, page, context);
    return rejected(
      `asked for lot ${asked.id}, got ${lots
        .map(({ id }) => id)
        .slice(0, 5)
        .join(', ')}`,
    );
  }
  return listResult(rows, lots, form, page, context);
}

/** A lot of which no more is known than whose row it was; the clause itself where not even that is. */
function unreadLot({ unknown, of }: Extract<ReadLot, { unknown: string }>): StatedLot | { unknown: string } {
  return of === undefined ? { unknown } : { ...of, follow: null, facts: { fault: unknown } };
}

function agreed(first: StatedLot | undefined, lot: StatedLot): StatedLot {
  if (!first || JSON.stringify(first.facts) === JSON.stringify(lot.facts)) return lot;
  return { ...lot, facts: { fault: `lot ${lot.id} occurs twice, with different values` } };
}

function hintsOf(page: Page, context: ParseContext): RowHints {
  const { reference, currency } = context;
  const lot = askedLot(page, context);
  const list = reference && readRowList(reference)?.list;
  return { currency, space: lot?.space ?? (list?.startsWith('national/') ? 'national' : null) };
}

function listResult(
  rows: readonly Row[],
  lots: readonly StatedLot[],
  form: RowForm,
  page: Page,
  context: ParseContext,
): PageResult {
  const snapshots = [];
  const references: Reference[] = [];
  const faults: string[] = [];
  for (const lot of lots) {
    if ('value' in lot.facts) snapshots.push(snapshotOf(lot, lot.facts.value, page, context));
    else faults.push(lot.facts.fault);
    const visit = lot.follow ?? ('fault' in lot.facts ? lot.space : null);
    if (visit !== null) references.push(lotReference(visit, lot.id));
  }
  if (snapshots.length === 0) return rejected(faults[0] ?? 'no lots');
  const next = context.reference === null ? null : listAfter(context.reference, statedTotal(rows));
  if (next) references.push(next);
  return { outcome: 'ok', schema: form.page, snapshots, references };
}

/** The result of a page about one lot. */
export function lotResult(read: ReadLot, schema: string, page: Page, context: ParseContext): PageResult {
  if ('unknown' in read) return formatChanged(`${schema}: ${read.unknown}`);
  const asked = askedLot(page, context);
  if (asked && !isAsked(read, asked)) return rejected(`asked for lot ${asked.id}, got lot ${read.id}`);
  if ('fault' in read.facts) return rejected(read.facts.fault);
  const snapshots = [snapshotOf(read, read.facts.value, page, context)];
  return { outcome: 'ok', schema, snapshots, references: [] };
}
