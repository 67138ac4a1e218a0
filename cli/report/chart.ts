/** One SKU's history, oldest point first. `confirmedAt` is the last visit that saw the value. */
export interface PriceHistory {
  title: string;
  sku: string;
  currency: string;
  points: { price: string | null; firstObservedAt: Date; confirmedAt: Date }[];
}

const BLOCKS = '▁▂▃▄▅▆▇█';

/**
 * Draws a price history as one line of blocks over time: a block where a visit had confirmed the price, a dot where
 * nobody knows (between one point's last confirmation and the next point's first observation).
 */
export function drawHistory(history: PriceHistory, width = 48): string {
  const priced = history.points.filter((point) => point.price !== null);
  const first = history.points[0];
  const last = history.points.at(-1);
  if (!first || !last || priced.length === 0) return '·'.repeat(width);
  const prices = priced.map((point) => Number(point.price));
  const low = Math.min(...prices);
  const high = Math.max(...prices);
  const from = first.firstObservedAt.getTime();
  const span = Math.max(last.confirmedAt.getTime() - from, 1);
  const column = (at: Date): number => Math.round(((at.getTime() - from) / span) * (width - 1));
  const cells = Array.from({ length: width }, () => '·');
  for (const point of priced) {
    const level =
      high === low ? 3 : Math.round(((Number(point.price) - low) / (high - low)) * (BLOCKS.length - 1));
    for (let at = column(point.firstObservedAt); at <= column(point.confirmedAt); at += 1)
      cells[at] = BLOCKS[level] ?? '·';
  }
  return cells.join('');
}

/** `405000` as `405 000`. */
export function groupDigits(amount: string): string {
  const [whole = '', fraction] = amount.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ' ');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}
