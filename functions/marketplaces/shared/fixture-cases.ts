import { Buffer } from 'node:buffer';
import type { Page, PageResult, ParseContext } from '../../core/marketplace.ts';
import type { Reference } from '../../core/model/reference.ts';
import type { Snapshot } from '../../core/model/snapshot.ts';

/** When every fixture was received; snapshots must say so. */
export const fixtureTime = new Date('2031-02-03T04:05:06.789Z');

/** One response and what must come of it. `snapshots` are compared whole, `references` too, `detail` by pattern. */
export interface FixtureCase {
  readonly title: string;
  readonly page: Page;
  readonly context?: ParseContext;
  readonly outcome: PageResult['outcome'];
  readonly snapshots?: readonly Snapshot[];
  readonly references?: readonly Reference[];
  readonly oldShape?: boolean;
  readonly detail?: RegExp;
}

/** What the contract test runs every marketplace through, with the outcomes that each case may have. */
export const contractOutcomes = {
  normal: ['ok'],
  discounted: ['ok'],
  soldOut: ['ok', 'gone'],
  gone: ['gone'],
  emptyPage: ['empty', 'blocked'],
  missingOptionalFields: ['ok'],
  oldShape: ['ok'],
  unknownShape: ['format-changed'],
  blockPage: ['blocked', 'throttled'],
  captchaPage: ['blocked'],
  absurdValues: ['rejected'],
  truncatedBody: ['format-changed'],
  wrongCharset: ['format-changed'],
  fiveMegabytes: ['ok', 'format-changed'],
} as const satisfies Record<string, readonly PageResult['outcome'][]>;
export type ContractCase = keyof typeof contractOutcomes;

/** A good body that the mutation test breaks: as JSON to change, and as the page that the changed JSON comes in. */
export interface MutableBody {
  readonly title: string;
  readonly json: unknown;
  readonly context: ParseContext;
  page(json: unknown): Page;
  /** Whether the (changed) body itself says that the thing does not exist. */
  saysGone(json: unknown): boolean;
  /** Every number that the (changed) body states as what this offer costs. */
  pricesOf(json: unknown, offerId: string): readonly unknown[];
}

/** What `fixtures/cases.ts` of each marketplace exports as `fixtures`. */
export interface Fixtures {
  readonly cases: Readonly<Record<ContractCase, readonly FixtureCase[]>>;
  readonly mutable: readonly MutableBody[];
}

/** A response of the given address; an object body is sent as JSON. */
export function page(
  url: string,
  body: unknown,
  { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
): Page {
  const bytes =
    body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return { url, status, headers, body: bytes, receivedAt: fixtureTime };
}

/** The first half of a response's body. */
export function cutInHalf(whole: Page): Page {
  return { ...whole, body: whole.body.subarray(0, Math.floor(whole.body.length / 2)) };
}

/** Text as a server would send it that writes windows-1251 and says nothing about it. ASCII and Russian letters only. */
export function windows1251(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => {
    const code = letter.codePointAt(0) ?? 0;
    return code >= 0x410 && code <= 0x44f ? code - 0x410 + 0xc0 : code < 0x80 ? code : 0x3f;
  });
}

const htmlHeaders = { 'content-type': 'text/html; charset=utf-8' };

/** The page of Yandex SmartCaptcha, which stands before several marketplaces. */
export function captchaPage(url: string): Page {
  return page(
    url,
    '<!doctype html><html><head><meta charset="utf-8"><title>Ой!</title></head><body><form method="POST" ' +
      'action="/checkcaptcha?key=namuna" class="CheckboxCaptcha-Form"><input type="submit" value="Я не робот"></form></body></html>',
    { headers: htmlHeaders },
  );
}

/** Refusals of every kind that are not CAPTCHAs, each with the outcome that it must have. */
export function refusals(url: string): FixtureCase[] {
  const wall = '<html><head><title>403 Forbidden</title></head><body><h1>Access Denied</h1></body></html>';
  const refusal = (title: string, refused: Page, outcome: PageResult['outcome'], detail: RegExp) => ({
    title,
    page: refused,
    outcome,
    detail,
  });
  return [
    refusal('403 with a page of the CDN', page(url, wall, { status: 403 }), 'blocked', /403/),
    refusal('401', page(url, '', { status: 401 }), 'blocked', /401/),
    refusal('200 with a page of the CDN', page(url, wall, { headers: htmlHeaders }), 'blocked', /block page/),
    refusal('404 with a page of the CDN', page(url, wall, { status: 404 }), 'blocked', /wall/),
    refusal(
      'a redirect that was not followed',
      page(url, '', { status: 302, headers: { location: 'https://example.com/showcaptcha' } }),
      'blocked',
      /redirected/,
    ),
    refusal('an answer of another host', page('https://example.com/', '{}'), 'blocked', /example\.com/),
    refusal('200 without a body', page(url, ''), 'blocked', /empty/),
    refusal(
      '429 with seconds to wait',
      page(url, '', { status: 429, headers: { 'retry-after': '120' } }),
      'throttled',
      /429/,
    ),
  ];
}
