import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { oneAtATime, pageFiles, servePage } from '../../../cli/page/server.ts';
import type { LoopbackServer } from '../../../local/aws/http.ts';
import { report, serveApi } from './sources.ts';

let api: LoopbackServer;
let page: LoopbackServer;

beforeAll(async () => {
  api = await serveApi();
  page = await servePage({
    apis: { ecommerce: api.url, away: 'http://127.0.0.1:1' },
    status: async () => report,
  });
});
afterAll(async () => {
  await page.close();
  await api.close();
});

/** With a Host and a path exactly as given, which `fetch` would not send. */
function raw(path: string, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: page.port, path, headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

describe('the server of the page', () => {
  it('answers only requests that name this machine as their host', async () => {
    expect(await raw('/', `127.0.0.1:${page.port}`)).toBe(200);
    expect(await raw('/', `localhost:${page.port}`)).toBe(200);
    for (const path of ['/', '/status.json', '/api/ecommerce/products'])
      expect(await raw(path, 'prices.example:80')).toBe(403);
  });

  it.each(Object.entries(pageFiles))(
    'serves %s with a policy that allows no inline script',
    async (path, { type }) => {
      const response = await fetch(page.url + path);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe(type);
      const policy = response.headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
      expect(policy).not.toContain('unsafe');
    },
  );

  it.each([
    '/nothing',
    '/server.ts',
    '/../server.ts',
    '/%2e%2e/server.ts',
    '/__proto__',
    '/api/toString/x',
    '/api/ecommerce',
  ])('has nothing at %s', async (path) => {
    expect(await raw(path, `127.0.0.1:${page.port}`)).toBe(404);
  });

  it('changes nothing: it refuses every method but GET', async () => {
    expect((await fetch(`${page.url}/api/ecommerce/products`, { method: 'POST', body: '{}' })).status).toBe(
      405,
    );
  });

  it('passes the read API on with its status, and says when it does not answer', async () => {
    const found = await fetch(`${page.url}/api/ecommerce/products/uzum/product/a%2F1`);
    expect(await found.json()).toMatchObject({ externalId: 'a/1' });
    expect((await fetch(`${page.url}/api/ecommerce/products/none`)).status).toBe(404);
    expect((await fetch(`${page.url}/api/away/products`)).status).toBe(502);
  });

  it('asks the stage once for windows that ask at the same time, and again afterwards', async () => {
    const ask = vi.fn(async () => report);
    const status = oneAtATime(ask);
    expect(await Promise.all([status(), status()])).toEqual([report, report]);
    expect(ask).toHaveBeenCalledTimes(1);
    await status();
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it('says in one sentence why the status is not known', async () => {
    const broken = await servePage({
      apis: {},
      status: () => Promise.reject(new Error('no stack is running')),
    });
    const response = await fetch(`${broken.url}/status.json`);
    expect([response.status, await response.json()]).toEqual([503, { message: 'no stack is running' }]);
    await broken.close();
  });

  it('has under 100 KB of script, none of which reads text as HTML', () => {
    const scripts = Object.values(pageFiles)
      .filter(({ type }) => type.startsWith('text/javascript'))
      .map(({ file }) => readFileSync(file, 'utf8'));
    expect(scripts.length).toBeGreaterThan(5);
    const bytes = scripts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    expect(bytes).toBeLessThan(100_000);
    for (const text of scripts)
      expect(text).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b/);
  });
});
