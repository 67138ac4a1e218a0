/** Readers of the bucket (Athena, Spark) take `month=` for a column and leave out names that begin with `_`. */
function folder(domain: string, month: string): string {
  return `price_point/domain=${domain}/month=${month}`;
}

export function manifestKey(domain: string, month: string): string {
  return `${folder(domain, month)}/_manifest.json`;
}

export function partKey(domain: string, month: string, part: number): string {
  return `${folder(domain, month)}/part-${String(part).padStart(5, '0')}.parquet`;
}
