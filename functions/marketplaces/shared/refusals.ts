import type { Refusal } from '../../core/marketplace.ts';

/** One constructor per refusal, so that parsers read as what they decide. `detail` is a sentence for an operator. */
export const gone = (detail: string): Refusal => ({ outcome: 'gone', detail });
export const empty = (detail: string): Refusal => ({ outcome: 'empty', detail });
export const blocked = (detail: string): Refusal => ({ outcome: 'blocked', detail });
export const serverError = (detail: string): Refusal => ({ outcome: 'server-error', detail });
export const formatChanged = (detail: string): Refusal => ({ outcome: 'format-changed', detail });
export const rejected = (detail: string): Refusal => ({ outcome: 'rejected', detail });
export const throttled = (detail: string, retryAfterMs: number | null): Refusal => ({
  outcome: 'throttled',
  detail,
  retryAfterMs,
});
