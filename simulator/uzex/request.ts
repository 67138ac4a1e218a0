/** What a list was asked for. Rows count from 1. */
export interface RowRequest {
  readonly from: number;
  readonly to: number;
  readonly lotId: number | null;
  readonly displayOnNational: boolean;
  /** etender: 1 selections of best offers, 2 tenders. */
  readonly typeId: number;
  /** etender: 0 is etender itself; the other system is empty. */
  readonly systemId: number;
}

/** Reads a list's body, whose keys come in either letter case. Null when it is not a JSON object. */
export function readRequest(body: string): RowRequest | null {
  let given: unknown;
  try {
    given = JSON.parse(body);
  } catch {
    return null;
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return null;
  const values = new Map(Object.entries(given).map(([key, value]) => [key.toLowerCase(), value as unknown]));
  const number = (key: string, otherwise: number) => {
    const value = values.get(key) ?? otherwise;
    return Number.isFinite(Number(value)) ? Number(value) : otherwise;
  };
  const lotId = number('lot_id', 0);
  return {
    from: number('from', 1),
    to: number('to', 10),
    lotId: lotId > 0 ? lotId : null,
    displayOnNational: number('display_on_national', 0) === 1,
    typeId: number('typeid', 1),
    systemId: number('system_id', 0),
  };
}
