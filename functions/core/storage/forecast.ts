import type { Reading } from '../ports/storage.ts';

/** Fewer readings than this say nothing about days. */
const FEWEST = 12;
/** Free space that rises by this share of what is free between two readings: the disk has grown, or months have left it. */
const JUMP = 0.1;

/**
 * Milliseconds until nothing is free, at the pace (least squares) since free space last rose by itself; null when it does
 * not fall, or there are too few readings to tell. `readings` are in order of time.
 */
export function msUntilFull(readings: readonly Reading[]): number | null {
  const falling = sinceLastJump(readings);
  const last = falling.at(-1);
  if (falling.length < FEWEST || last === undefined) return null;
  const slope = slopeOf(falling.map(({ at, value }) => [at.getTime() - last.at.getTime(), value] as const));
  return slope < 0 ? last.value / -slope : null;
}

function sinceLastJump(readings: readonly Reading[]): readonly Reading[] {
  const jump = readings.findLastIndex(({ value }, index) => {
    const before = readings[index - 1];
    return before !== undefined && value > before.value * (1 + JUMP);
  });
  return readings.slice(Math.max(0, jump));
}

/** By least squares; 0 when all are at one place. */
function slopeOf(points: readonly (readonly [number, number])[]): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
}
