import type { PageResult, ParseContext } from '../../core/marketplace.ts';
import { formatChanged, gone, rejected, serverError } from '../shared/refusals.ts';
import { foreignThing } from '../shared/values.ts';
import type { MarketPage } from './page.ts';
import { idsOf } from './patches.ts';
import { tagBefore } from './tags.ts';

/** The same block reports failures of the market itself, in other words. */
const failureWords =
  /Что-то пошло не так|Доступ к этой странице ограничен|обновить страницу|зайдите позже|went wrong|try again|xato|xatolik|qayta urin/i;

/**
 * The market's own word that there is no such product: a product page whose only content is a fatal error, whatever its
 * status. Null when the page has no such error. The text "Такого товара у нас нет" proves nothing: every page carries it in
 * its translations.
 */
export function parseFatalError(market: MarketPage, context: ParseContext): PageResult | null {
  const { collections, product, params, pageId } = market;
  const words = product === null ? fatalErrorWords(market) : null;
  if (words === null) return null;
  if (idsOf(collections, 'price').length > 0) return formatChanged('a fatal error beside a price');
  if (failureWords.test(words)) return serverError(`the market reports "${words}"`);
  if (pageId !== 'market:product')
    return formatChanged(`a fatal error on a page of ${pageId ?? 'no known kind'}`);
  const externalId = String(params['productId'] ?? context.reference?.externalId ?? '');
  const foreign = foreignThing('product', externalId, context);
  if (foreign !== null) return rejected(foreign);
  return gone(`the market has no product ${externalId}${words === '' ? '' : ` ("${words}")`}`);
}

/** What the block says to a reader, at most its first words; null when there is no such block. */
function fatalErrorWords({ bytes }: MarketPage): string | null {
  for (let at = bytes.indexOf('FatalError'); at >= 0; at = bytes.indexOf('FatalError', at + 1)) {
    if (!/data-zone-name\s*=\s*["']?$/.test(tagBefore(bytes, at))) continue;
    const inner = bytes.toString('utf8', at, at + 4096);
    if (!/data-auto\s*=\s*["']?failure/.test(inner)) continue;
    const heading = /<h\d[^>]*>([^<]*)/i.exec(inner)?.[1] ?? '';
    const rest = /<(?:p|span)\b[^>]*>([^<]*)/i.exec(inner)?.[1] ?? '';
    return [heading.trim(), rest.trim()]
      .filter((part) => part !== '')
      .join(': ')
      .slice(0, 200)
      .replace(/\s+/g, ' ');
  }
  return null;
}
