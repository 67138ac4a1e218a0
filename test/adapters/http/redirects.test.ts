import type { RequestListener } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import type { UndiciFetcher } from '../../../functions/adapters/http/fetcher.ts';
import { fetching, get, real } from './fetching.ts';
import type { TestServer } from './server.ts';

let server: TestServer;
let fetcher: UndiciFetcher;
afterEach(async () => {
  await server.stop();
  await fetcher.close();
});
async function serve(listener: RequestListener): Promise<void> {
  ({ server, fetcher } = await fetching(listener));
}

describe('redirects', () => {
  test('are followed within the allowed hosts, and the page has the final address', async () => {
    await serve((request, response) => {
      if (request.url === '/old')
        response.writeHead(301, { location: 'https://www.market.example/new' }).end();
      else response.end(`${request.headers.host}${request.url} ${request.headers['authorization']}`);
    });
    const page = await fetcher.fetch(get('/old', { authorization: 'x' }));
    expect(page).toMatchObject({ status: 200, url: 'https://www.market.example/new' });
    expect('body' in page && Buffer.from(page.body).toString()).toBe('www.market.example/new undefined');
  });

  test.each([
    'https://evil.example/',
    'http://169.254.169.254/latest/meta-data/',
    'https://api.market.example:8443/',
    '//evil.example/x',
    'http://localhost/',
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:169.254.169.254]/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://api.market.example@evil.example/',
    'file:///etc/passwd',
  ])('to %s are refused', async (location) => {
    await serve((_, response) => response.writeHead(302, { location }).end());
    expect(await fetcher.fetch(get('/'))).toMatchObject({ failure: 'host-not-allowed' });
    expect(server.opened()).toBe(1);
  });

  test('end after three', async () => {
    let asked = 0;
    await serve((_, response) => {
      asked += 1;
      response.writeHead(302, { location: `/${asked}` }).end();
    });
    expect(await fetcher.fetch(get('/'))).toMatchObject({ failure: 'connection' });
    expect(asked).toBe(4);
  });

  test('turn a POST into a GET without its body, except for 307 and 308', async () => {
    const post = { method: 'POST' as const, url: '', headers: { 'content-type': 'text/plain' }, body: 'b' };
    await serve((request, response) => {
      const [, status] = /^\/from(\d+)/.exec(request.url ?? '') ?? [];
      if (status) response.writeHead(Number(status), { location: '/to' }).end();
      else response.end(`${request.method} ${request.headers['content-type']}`);
    });
    const bodies = [];
    for (const status of [303, 307]) {
      const page = await fetcher.fetch({ ...post, url: `${real}/from${status}` });
      bodies.push('body' in page ? Buffer.from(page.body).toString() : page.detail);
    }
    expect(bodies).toEqual(['GET undefined', 'POST text/plain']);
  });
});

describe('hosts', () => {
  test('that the manifest does not name are never asked', async () => {
    await serve((_, response) => response.end());
    const request = { ...get('/'), url: 'https://other.example/' };
    expect(await fetcher.fetch(request)).toMatchObject({ failure: 'host-not-allowed' });
  });

  test.each(['https://10.0.0.1/', 'https://[::1]/', 'https://[64:ff9b::a00:1]/'])(
    'that are private addresses, as in %s, are not asked, even if the manifest names them',
    async (url) => {
      ({ server, fetcher } = await fetching((_, response) => response.end(), { hosts: [new URL(url).host] }));
      expect(await fetcher.fetch({ ...get('/'), url })).toMatchObject({
        failure: 'host-not-allowed',
        detail: expect.stringContaining('not public'),
      });
      expect(server.opened()).toBe(0);
    },
  );

  test('whose name leads into a private network are not connected to', async () => {
    await serve((_, response) => response.end());
    const request = { ...get('/'), url: 'https://localhost/' };
    expect(await fetcher.fetch(request)).toMatchObject({
      failure: 'host-not-allowed',
      detail: expect.stringContaining('public'),
    });
  });
});
