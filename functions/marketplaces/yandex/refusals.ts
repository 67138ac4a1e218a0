import { Buffer } from 'node:buffer';
import type { Page, Refusal } from '../../core/marketplace.ts';
import { refuseBlank, refuseByTransport, refuseMarkup } from '../shared/access.ts';
import { bodyForm, bodyIncludes } from '../shared/body.ts';
import { blocked, empty } from '../shared/refusals.ts';
import { yandexManifest } from './manifest.ts';
import { tagBefore } from './tags.ts';

/** Stored bodies of the Russian site have the same format and state their own currency. */
const hosts = [...yandexManifest.hosts, 'market.yandex.ru'];

/**
 * Header, address and status, then the body: a form that leads to the CAPTCHA, and, only where the marks of market pages are
 * absent, the words of CAPTCHAs and walls. Normal pages contain the word "captcha" a dozen times.
 */
export function refuse(page: Page): Refusal | null {
  if (page.headers['x-yandex-captcha'] !== undefined)
    return blocked(`HTTP ${page.status} with a CAPTCHA, by the x-yandex-captcha header`);
  const refusal = refuseByTransport(page, hosts);
  if (refusal) return refusal;
  const form = bodyForm(page.body);
  if (form === 'blank') return refuseBlank(page);
  if (hasCaptchaForm(page.body)) return blocked('a CAPTCHA page (a form that leads to /checkcaptcha)');
  return form !== 'markup' || hasMarks(page) ? null : refuseUnknownPage(page);
}

/** An HTML page that is not the market's, or no longer recognisable as such. */
export function refuseUnknownPage(page: Page): Refusal {
  const head = new TextDecoder().decode(page.body.subarray(0, 16 * 1024));
  const title = /<title[^>]*>([^<]{1,80})/i.exec(head)?.[1]?.trim() ?? '';
  if (/^(Ой|Oops)(!|…|\.\.\.)?$/i.test(title)) return blocked(`a CAPTCHA page, by its title "${title}"`);
  const refusal = refuseMarkup(page);
  const isHollow = page.body.length <= 4096 && head.replace(/<[^>]*>/g, '').trim() === '';
  return isHollow && refusal.outcome === 'format-changed' ? empty('a page without anything in it') : refusal;
}

/** Whether anything of a market page is there: its patches, or JSON-LD. */
function hasMarks({ body }: Page): boolean {
  return bodyIncludes(body, 'data-apiary') || bodyIncludes(body, 'ld+json');
}

/** A form, not the mere word: addresses and texts of all kinds are on normal pages. */
function hasCaptchaForm(body: Uint8Array): boolean {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  for (let at = bytes.indexOf('/checkcaptcha'); at >= 0; at = bytes.indexOf('/checkcaptcha', at + 1))
    if (/^<form\s/i.test(tagBefore(bytes, at))) return true;
  return false;
}
