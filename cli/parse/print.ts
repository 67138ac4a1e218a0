import type { PageResult } from '../../functions/core/marketplace.ts';
import type { Offer, Snapshot } from '../../functions/core/model/snapshot.ts';

type Parsed = Extract<PageResult, { outcome: 'ok' }>;

/** Exit code of each outcome; 1 is left to wrong calls and unreadable files. Only `narx fetch` may not have asked. */
export const exitCodes: Readonly<Record<PageResult['outcome'] | 'not-asked', number>> = {
  ok: 0,
  blocked: 2,
  'format-changed': 3,
  rejected: 3,
  gone: 4,
  empty: 5,
  throttled: 6,
  'server-error': 7,
  'not-asked': 8,
};

/** The document that `--json` prints: a refusal as it is, or the snapshots with null for what the page does not state. */
export function toDocument(marketplace: string, result: PageResult): unknown {
  if (result.outcome !== 'ok') return result;
  return {
    outcome: 'ok',
    snapshots: result.snapshots.map((snapshot) => snapshotDocument(marketplace, snapshot)),
    references: result.references.map(({ kind, externalId }) => ({ kind, externalId })),
  };
}

function snapshotDocument(marketplace: string, snapshot: Snapshot): unknown {
  const leaf = snapshot.category?.at(-1) ?? null;
  return {
    marketplace,
    kind: snapshot.kind,
    externalId: snapshot.externalId,
    title: snapshot.title,
    currency: snapshot.currency,
    ...(snapshot.status === undefined ? {} : { status: snapshot.status }),
    seller: snapshot.seller,
    category: leaf && { ...leaf, path: snapshot.category?.map(({ title }) => title) },
    ...(snapshot.kind === 'lot' ? { totals: snapshot.totals ?? { start: null, final: null } } : {}),
    offers: snapshot.offers.map((offer) => ({
      externalId: offer.externalId,
      title: offer.title,
      price: offer.price,
      oldPrice: offer.oldPrice,
      available: offer.available,
      ...(snapshot.kind === 'lot' ? { quantity: offer.quantity ?? null } : {}),
    })),
    ...(snapshot.extra === undefined ? {} : { extra: snapshot.extra }),
  };
}

/** One line: what was found out, why, and the exit code. */
export function refusalLine(
  command: 'parse' | 'fetch',
  refusal: { outcome: keyof typeof exitCodes; detail: string },
): string {
  return `narx ${command}: ${refusal.outcome}: ${refusal.detail} (exit ${exitCodes[refusal.outcome]})`;
}

/** For people: each snapshot with its offers as a table, then the references by kind. */
export function toText(result: Parsed): string {
  const blocks = result.snapshots.map(snapshotText);
  if (result.references.length > 0) blocks.push(referencesText(result));
  return blocks.length === 0 ? 'Nothing to keep: no products and no references.' : blocks.join('\n\n');
}

function snapshotText(snapshot: Snapshot): string {
  const facts = [
    snapshot.category?.map(({ title }) => title).join(' > '),
    snapshot.seller && `sold by ${snapshot.seller.title} (${snapshot.seller.externalId})`,
    snapshot.status && `status ${snapshot.status}`,
    snapshot.totals && `start ${snapshot.totals.start ?? '-'}, final ${snapshot.totals.final ?? '-'}`,
  ].filter((fact) => typeof fact === 'string');
  return [
    `${snapshot.kind} ${snapshot.externalId}: ${snapshot.title}`,
    ...facts.map((fact) => `  ${fact}`),
    ...offersTable(snapshot).map((line) => `  ${line}`),
  ].join('\n');
}

function offersTable(snapshot: Snapshot): string[] {
  if (snapshot.offers.length === 0) return ['no offers'];
  const row = (offer: Offer): string[] => [
    offer.externalId,
    offer.price === null ? '-' : `${offer.price} ${snapshot.currency}`,
    offer.oldPrice ?? '-',
    offer.available === null ? offer.availability : String(offer.available),
    ...(snapshot.kind === 'lot' ? [offer.quantity ?? '-'] : []),
    // Titles of lots' items are free texts of several lines.
    offer.title?.replaceAll(/\s+/g, ' ') ?? '-',
  ];
  const header = ['offer', 'price', 'old price', 'available'];
  if (snapshot.kind === 'lot') header.push('quantity');
  const rows = [[...header, 'title'], ...snapshot.offers.map(row)];
  const widths =
    rows[0]?.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0))) ?? [];
  return rows.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function referencesText(result: Parsed): string {
  const kinds = Map.groupBy(result.references, ({ kind }) => kind);
  const lines = [...kinds].map(
    ([kind, references]) =>
      `  ${references.length} ${kind}: ${references.map(({ externalId }) => externalId).join(', ')}`,
  );
  return ['references', ...lines].join('\n');
}
