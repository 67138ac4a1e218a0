import type { Page, Refusal } from '../../core/marketplace.ts';
import { bodyForm, glance } from './body.ts';
import { blocked, empty, formatChanged, serverError, throttled } from './refusals.ts';

/** How far into a page walls are looked for; every known wall is shorter, and shows itself in its head or first form. */
const wallBytes = 64 * 1024;

/** Marks of CAPTCHA pages that do not occur in the marketplaces' own pages (which do contain the word "captcha"). */
const captchaMarks = [
  'showcaptcha',
  'checkcaptcha',
  'smartcaptcha',
  'smart-captcha',
  'checkboxcaptcha',
  'advancedcaptcha',
  'g-recaptcha',
  'h-captcha',
  'captcha-delivery.com',
  'challenge-platform',
];

/** Marks of refusals by a CDN or a protection service. Only looked for where the expected content is absent. */
const wallMarks = [
  'access denied',
  'access to this page has been denied',
  'the request could not be satisfied',
  'request blocked',
  'attention required!',
  'just a moment...',
  'ddos-guard',
  'qrator',
  'доступ ограничен',
  'доступ запрещ',
];

/**
 * Refusals that status, headers and final address alone tell, the same for every marketplace. Null: look at the body.
 * A `file:` address is a stored body whose origin nobody knows: its host says nothing.
 */
export function refuseByTransport(page: Page, hosts: readonly string[]): Refusal | null {
  const { status, headers } = page;
  if (status === 429) return throttled('HTTP 429: too many requests', retryAfterMs(page));
  const strange = refuseByAddress(page.url, hosts);
  if (strange) return strange;
  if (headers['x-yandex-captcha'] !== undefined) return blocked('a CAPTCHA, by the x-yandex-captcha header');
  if (status >= 300 && status < 400)
    return blocked(`HTTP ${status}: redirected to ${headers['location'] ?? 'an unnamed address'}`);
  if (status === 401) return blocked('HTTP 401: access needs an authorization that we do not have');
  if (status === 403 || status === 407 || status === 451) return blocked(`HTTP ${status}: access refused`);
  if (status >= 500 || status === 408 || status === 425) return refuseByServerStatus(page);
  return null;
}

function refuseByAddress(url: string, hosts: readonly string[]): Refusal | null {
  const isCaptcha = /showcaptcha|checkcaptcha/;
  // Nearly every page comes from where it was asked for: that much is seen without taking its address apart.
  const host = /^https:\/\/([\w.-]+)\//.exec(url)?.[1];
  if (host !== undefined && hosts.includes(host) && !isCaptcha.test(url)) return null;
  const address = new URL(url);
  if (isCaptcha.test(address.pathname)) return blocked(`redirected to a CAPTCHA page at ${address.host}`);
  if (address.protocol === 'file:' || hosts.includes(address.hostname)) return null;
  return blocked(
    `the answer came from ${address.hostname}, which is not one of the marketplace's hosts (${hosts.join(', ')})`,
  );
}

function refuseByServerStatus(page: Page): Refusal {
  const captcha = findCaptcha(page.body);
  if (captcha !== null) return blocked(`HTTP ${page.status} with a CAPTCHA page (${captcha})`);
  const wait = retryAfterMs(page);
  if (page.status === 503 && wait !== null)
    return throttled('HTTP 503: asked to come back later by Retry-After', wait);
  return serverError(`HTTP ${page.status}`);
}

/** For endpoints that only ever answer JSON: blank bodies and HTML pages are refused before anything is parsed. */
export function refuseUnlessJson(page: Page): Refusal | null {
  switch (bodyForm(page.body)) {
    case 'blank':
      return refuseBlank(page);
    case 'markup':
      return refuseMarkup(page);
    default:
      return null;
  }
}

/** A blank 200 is how several servers answer clients that they refuse; a blank 404 says nothing about the thing. */
export function refuseBlank(page: Page): Refusal {
  if (page.status === 404 || page.status === 410)
    return empty(`HTTP ${page.status} with an empty body: nobody said that it does not exist`);
  return blocked(`HTTP ${page.status} with an empty body (saw an empty file): access refused without a word`);
}

/** An HTML page without the content that was asked for: a CAPTCHA, a wall, or a page nobody knows. */
export function refuseMarkup(page: Page): Refusal {
  const title = pageTitle(page.body);
  const captcha = findCaptcha(page.body);
  if (captcha !== null) return blocked(`a CAPTCHA page (${captcha})${title}`);
  if (page.status === 404 || page.status === 410)
    return blocked(`HTTP ${page.status} with an HTML page${title}: a wall, not the marketplace's own word`);
  const head = decodeGlance(page.body);
  const wall = wallMarks.find((mark) => head.includes(mark));
  if (wall !== undefined) return blocked(`a block page ("${wall}")${title}`);
  return formatChanged(
    `an HTML page${title} of ${page.body.length} bytes, without the data that was expected`,
  );
}

function findCaptcha(body: Uint8Array): string | null {
  if (bodyForm(body) !== 'markup') return null;
  const head = glance(body, wallBytes).toLowerCase();
  return captchaMarks.find((mark) => head.includes(mark)) ?? null;
}

const decodeGlance = (body: Uint8Array): string =>
  new TextDecoder().decode(body.subarray(0, wallBytes)).toLowerCase();

function pageTitle(body: Uint8Array): string {
  const title = /<title[^>]*>([^<]{1,80})/i.exec(new TextDecoder().decode(body.subarray(0, wallBytes)))?.[1];
  return title === undefined ? '' : ` titled "${title.trim()}"`;
}

/** Retry-After in milliseconds from when the answer arrived: seconds, or an HTTP date (RFC 9110 section 10.2.3). */
export function retryAfterMs(page: Page): number | null {
  const stated = page.headers['retry-after']?.trim();
  if (stated === undefined) return null;
  if (/^\d{1,9}$/.test(stated)) return Number(stated) * 1000;
  if (!/ GMT$/.test(stated)) return null;
  const at = Date.parse(stated);
  return Number.isNaN(at) ? null : Math.max(0, at - page.receivedAt.getTime());
}
