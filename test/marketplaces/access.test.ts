import { describe, expect, it } from 'vitest';
import {
  refuseByTransport,
  refuseUnlessJson,
  retryAfterMs,
} from '../../functions/marketplaces/shared/access.ts';
import { captchaPage, fixtureTime, page } from '../../functions/marketplaces/shared/fixture-cases.ts';

const url = 'https://api.uzum.uz/api/v2/product/1';
const hosts = ['api.uzum.uz'];
const refuse = (status: number, headers: Record<string, string> = {}, body: unknown = '{}') =>
  refuseByTransport(page(url, body, { status, headers }), hosts);

describe('the time that Retry-After asks for', () => {
  const wait = (value: string) => retryAfterMs(page(url, '', { headers: { 'retry-after': value } }));

  it('is read in seconds', () => {
    expect(wait('120')).toBe(120_000);
    expect(wait(' 0 ')).toBe(0);
  });

  it('is read as an HTTP date, from when the answer arrived', () => {
    expect(wait('Mon, 03 Feb 2031 04:06:06 GMT')).toBe(59_211);
    expect(wait('Mon, 03 Feb 2031 04:00:00 GMT')).toBe(0);
    expect(fixtureTime.toUTCString()).toBe('Mon, 03 Feb 2031 04:05:06 GMT');
  });

  it.each(['soon', '-5', '1.5', '2031-02-03', 'Mon, 99 Feb 2031 04:06:06 GMT', ''])(
    'is unknown when it is "%s"',
    (value) => {
      expect(wait(value)).toBeNull();
    },
  );

  it('is unknown without the header', () => {
    expect(retryAfterMs(page(url, ''))).toBeNull();
  });
});

describe('a refusal by the transport', () => {
  it('lets normal answers and those that only the body explains through', () => {
    for (const status of [200, 400, 404, 410, 422]) expect(refuse(status)).toBeNull();
  });

  it('carries the time to wait, or null when none was named', () => {
    expect(refuse(429, { 'retry-after': '7' })).toMatchObject({ outcome: 'throttled', retryAfterMs: 7000 });
    expect(refuse(429)).toMatchObject({ outcome: 'throttled', retryAfterMs: null });
    expect(refuse(503, { 'retry-after': '7' })).toMatchObject({ outcome: 'throttled', retryAfterMs: 7000 });
  });

  it.each([500, 502, 503, 504, 408])('takes %i for a failure of the server', (status) => {
    expect(refuse(status)).toMatchObject({ outcome: 'server-error' });
  });

  it.each([401, 403, 407, 451, 301, 302])('takes %i for a block', (status) => {
    expect(refuse(status)).toMatchObject({ outcome: 'blocked' });
  });

  it('takes a CAPTCHA page for a block whatever its status', () => {
    const captcha = captchaPage(url);
    for (const status of [500, 503]) {
      expect(refuseByTransport({ ...captcha, status }, hosts)).toMatchObject({ outcome: 'blocked' });
    }
    for (const status of [200, 404]) {
      expect(refuseUnlessJson({ ...captcha, status })).toMatchObject({ outcome: 'blocked' });
    }
  });

  it('takes an answer of another host for a block, but knows nothing of the host of a stored body', () => {
    expect(refuseByTransport(page('https://api.uzum.uz.example.com/', '{}'), hosts)).toMatchObject({
      outcome: 'blocked',
    });
    expect(refuseByTransport(page('file:///stored/api.json', '{}'), hosts)).toBeNull();
  });

  it('takes the address of a CAPTCHA for a block on the right host too', () => {
    const address = 'https://api.uzum.uz/showcaptcha?retpath=x';
    expect(refuseByTransport(page(address, '{}'), hosts)).toMatchObject({ outcome: 'blocked' });
  });
});

describe('a page that mentions a CAPTCHA', () => {
  it('is not a block when it is JSON', () => {
    expect(refuseUnlessJson(page(url, { title: 'smart-captcha, access denied' }))).toBeNull();
  });
});
