import { isRecord } from '../shared/values.ts';

/** Prices carry no currency. KazanExpress ran the same software in roubles until 2023; its bodies are still about. */
const currencyOfHost: Readonly<Record<string, string>> = {
  'api.uzum.uz': 'UZS',
  'graphql.uzum.uz': 'UZS',
  'api.umarket.uz': 'UZS',
  'api.kazanexpress.ru': 'RUB',
};
/** Hosts besides the manifest's that stored bodies may have come from. */
export const formerHosts: readonly string[] = Object.keys(currencyOfHost);

/**
 * The currency of a product body, by the host that sent it and by what only one of the two shops has in its bodies.
 * A fault when neither tells, or when they contradict each other: roubles must never be stored as sums.
 */
export function currencyOf(
  url: string,
  payload: Record<string, unknown>,
  data: Record<string, unknown>,
): { currency: string } | { fault: string } {
  const byHost = currencyOfHost[new URL(url).hostname] ?? null;
  const byShape = currencyOfShape(payload, data);
  if (byHost !== null && byShape !== null && byHost !== byShape)
    return { fault: `the address says ${byHost} but the body ${byShape}` };
  const currency = byHost ?? byShape;
  if (currency === null) return { fault: 'nothing in the body tells Uzum (UZS) from KazanExpress (RUB)' };
  return { currency };
}

function currencyOfShape(payload: Record<string, unknown>, data: Record<string, unknown>): string | null {
  const images = firstImageHost(data);
  const roubles = /(^|\.)kazanexpress\.ru$/.test(images);
  const seo = payload['seo'];
  const sums =
    /(^|\.)(uzum|umarket)\.uz$/.test(images) ||
    (isRecord(data['localizableTitle']) && typeof data['localizableTitle']['uz'] === 'string') ||
    (isRecord(seo) && typeof seo['uzTitle'] === 'string');
  if (roubles === sums) return null;
  return roubles ? 'RUB' : 'UZS';
}

function firstImageHost(data: Record<string, unknown>): string {
  const photos = data['photos'];
  const first = Array.isArray(photos) ? photos[0] : null;
  const sizes = isRecord(first) && isRecord(first['photo']) ? Object.values(first['photo']) : [];
  const links = isRecord(sizes[0]) ? sizes[0] : {};
  const address = links['high'] ?? links['low'];
  return typeof address === 'string' && URL.canParse(address) ? new URL(address).hostname : '';
}
