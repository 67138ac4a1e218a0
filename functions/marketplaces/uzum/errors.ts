import type { PageResult } from '../../core/marketplace.ts';
import { blocked, empty, formatChanged, gone, serverError, throttled } from '../shared/refusals.ts';
import { isRecord } from '../shared/values.ts';
import { errorList } from './schemas.ts';

/**
 * What an error body says, REST (`errors: [{code, message}]`, or `error`) and GraphQL (`errors: [{message}]`) alike.
 * Null when the body states no error. Unknown errors are the server's: come back later.
 */
export function refuseByErrors(body: Record<string, unknown>): PageResult | null {
  const stated = body['errors'] ?? body['error'];
  if (stated === null || stated === undefined || (Array.isArray(stated) && stated.length === 0)) return null;
  const list = errorList.safeParse(Array.isArray(stated) ? stated : [stated]);
  const text = list.success
    ? list.data
        .map(({ code, message }) => [code, message].filter((part) => part != null).join(' '))
        .join('; ')
    : typeof stated === 'string'
      ? stated
      : null;
  if (text === null || !/\p{L}|\b4\d\d\b/u.test(text))
    return formatChanged('errors: expected a list of {code, message}');
  const detail = `Uzum reports: ${text.slice(0, 200)}`;
  const payload = body['payload'];
  if (isRecord(payload) && isRecord(payload['data']) && Object.keys(payload['data']).length > 0)
    return formatChanged(`${detail}, beside a whole product`);
  if (/too big query offset/i.test(text)) return empty(`${detail} (the listing ends before this offset)`);
  // Before the numbers: "product 429 not found" is not a rate limit.
  if (/not.?found|does.?not.?exist|не найден|topilmadi/i.test(text)) return gone(detail);
  if (/\b429\b|too.?many.?requests|rate.?limit/i.test(text)) return throttled(detail, null);
  if (/\b40[13]\b|unauth|forbidden|denied|access|token|captcha/i.test(text)) return blocked(detail);
  return serverError(detail);
}
