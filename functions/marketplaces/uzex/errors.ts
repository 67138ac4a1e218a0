import type { Page, PageResult, ParseContext, Refusal } from '../../core/marketplace.ts';
import { bodyForm } from '../shared/body.ts';
import { readJson } from '../shared/json.ts';
import { blocked, formatChanged, gone, serverError } from '../shared/refusals.ts';
import { askedKind, isRecord } from '../shared/values.ts';

/** Errors are one short object; anything longer is data. */
const maxErrorBytes = 4096;

/** The message of an error body, `{"status":500,"message":"…"}`; null for anything else. */
function messageOf(body: unknown): string | null {
  if (!isRecord(body) || 'id' in body) return null;
  const message = body['message'] ?? body['Message'];
  return typeof message === 'string' ? message.replaceAll(/\s+/g, ' ').trim().slice(0, 200) : null;
}

/** As `messageOf`, from a body that may not even be JSON. */
export function errorMessage(page: Page): string | null {
  if (page.body.length > maxErrorBytes || bodyForm(page.body) !== 'json') return null;
  const document = readJson(page);
  return 'value' in document ? messageOf(document.value) : null;
}

/**
 * Errors 500 that are refusals: a client that is not a browser of the servers' liking, and the header that the site's own
 * page signs. Neither is worked around, and trying again does not help.
 */
export function refuseByMessage(message: string): Refusal | null {
  if (!/missing user-?agent/i.test(message) && !/\bnot valid\.?$/i.test(message)) return null;
  return blocked(`UZEX does not serve this client: "${message}"`);
}

const notFound = /не найден|not found|topilmadi|топилмади/i;

/** Whether an error says in words that the thing is not there. Whether it was a thing that was asked for, `parse` knows. */
export const saysNotFound = (message: string | null): boolean => message !== null && notFound.test(message);

/**
 * The result of a body that came with an error status. A bare 404 is what a wrong path or method gives, and no lot is
 * gone by it.
 */
export function refuseByStatus(body: unknown, page: Page, context: ParseContext): PageResult {
  const message = messageOf(body);
  const said = `HTTP ${page.status}${message === null ? '' : `: "${message}"`}`;
  if (saysNotFound(message) && askedKind(context) === 'lot') return gone(`UZEX reports ${said}`);
  if (page.status >= 500) return serverError(said);
  return formatChanged(`${said}: a path or method that UZEX does not have`);
}

/** An object in the place of a list or of a lot. */
export function refuseObject(body: Record<string, unknown>): PageResult {
  const message = messageOf(body);
  const keys = Object.keys(body).slice(0, 5).join(', ');
  if (message !== null)
    return formatChanged(`no list and no lot, but an error without its status: "${message}"`);
  return formatChanged(`no known list and no lot in ${keys === '' ? 'an empty JSON object' : `{${keys}}`}`);
}
