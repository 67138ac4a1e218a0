import type { PageResult } from '../../core/marketplace.ts';
import { blocked, formatChanged, gone, serverError, throttled } from '../shared/refusals.ts';
import { isRecord } from '../shared/values.ts';

/** What an error body says; `error` is an object in some answers and a word in others. Null when there is none. */
export function refuseByError(body: Record<string, unknown>, httpStatus: number): PageResult | null {
  const { error } = body;
  if (error === null || error === undefined) return null;
  const stated = isRecord(error) && typeof error['status'] === 'number' ? error['status'] : null;
  const status = stated ?? httpStatus;
  const words = isRecord(error)
    ? [error['title'], error['detail']]
    : [error, body['error_description'], body['error_human_title']];
  const text = words
    .filter((word) => typeof word === 'string')
    .join(': ')
    .slice(0, 200);
  if (body['data'] != null || (status < 400 && !/\p{L}/u.test(text)))
    return formatChanged('error: not an answer that OLX gives');
  const detail = `OLX reports ${text === '' ? 'an error' : `"${text}"`} (status ${status})`;
  if (status === 429) return throttled(detail, null);
  // What the body states goes before what it came with: "invalid token" is no word about the ad, whatever the status.
  const isRefused = /token|unauthorized|forbidden|denied|captcha/i.test(text);
  if ((status === 404 || status === 410) && (stated !== null || !isRefused)) return gone(detail);
  if (status === 401 || status === 403 || isRefused) return blocked(detail);
  if (status >= 400 && status < 500) return formatChanged(`${detail}: our request is not understood`);
  return serverError(detail);
}
