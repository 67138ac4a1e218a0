import type { RequestListener } from 'node:http';
import { Readable } from 'node:stream';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import type { FetcherOptions, UndiciFetcher } from '../../../functions/adapters/http/fetcher.ts';
import { fetching, get, now, real } from './fetching.ts';
import type { TestServer } from './server.ts';

let server: TestServer;
let fetcher: UndiciFetcher;
afterEach(async () => {
  await server.stop();
  await fetcher.close();
});
async function serve(listener: RequestListener, options: Partial<FetcherOptions> = {}): Promise<void> {
  ({ server, fetcher } = await fetching(listener, options));
}

describe('a request', () => {
  test('names us, asks for compression and keeps the real host, whatever the marketplace asks for', async () => {
    await serve((request, response) => response.end(JSON.stringify(request.headers)));
    const page = await fetcher.fetch(get('/a?b=c', { Accept: 'application/json', 'User-Agent': 'other' }));
    if ('failure' in page) throw new Error(page.detail);
    expect(JSON.parse(Buffer.from(page.body).toString())).toMatchObject({
      host: 'api.market.example',
      'user-agent': 'narx (ops@example.com)',
      'accept-encoding': 'gzip, deflate, br',
      accept: 'application/json',
    });
  });

  test('with a body sends it', async () => {
    await serve((request, response) => request.pipe(response));
    const page = await fetcher.fetch({ method: 'POST', url: `${real}/q`, headers: {}, body: '{"q":"чой"}' });
    expect('body' in page && Buffer.from(page.body).toString()).toBe('{"q":"чой"}');
  });
});

describe('a response', () => {
  test('becomes a page with lower-case headers and the time of its last byte', async () => {
    await serve((_, response) => {
      response.writeHead(404, { 'X-Thing': 'One', 'Set-Cookie': ['a=1', 'b=2'] }).end('none');
    });
    expect(await fetcher.fetch(get('/a?b=c'))).toMatchObject({
      url: `${real}/a?b=c`,
      status: 404,
      headers: { 'x-thing': 'One', 'set-cookie': 'a=1, b=2' },
      body: Buffer.from('none'),
      receivedAt: now,
    });
  });

  test.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['deflate', deflateRawSync],
    ['br', brotliCompressSync],
  ])('in %s is decompressed', async (encoding, compress) => {
    await serve((_, response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(compress('narx '.repeat(1_000))),
    );
    const page = await fetcher.fetch(get('/'));
    expect('body' in page && Buffer.from(page.body).toString()).toBe('narx '.repeat(1_000));
  });

  test.each([
    ['a damaged gzip stream', 'gzip', gzipSync('x'.repeat(5_000)).subarray(0, 20)],
    ['an encoding that was not asked for', 'zstd', Buffer.from('x')],
  ])('with %s is a failed connection, not a page', async (_, encoding, body) => {
    await serve((_request, response) => response.writeHead(200, { 'content-encoding': encoding }).end(body));
    expect(await fetcher.fetch(get('/'))).toMatchObject({ failure: 'connection' });
  });

  test('of 5 MB is cut off at the cap', async () => {
    let written = 0;
    function* chunks(): Generator<Buffer> {
      for (let i = 0; i < 80; i += 1) {
        written += 65_536;
        yield Buffer.alloc(65_536);
      }
    }
    await serve((_, response) => {
      const body = Readable.from(chunks());
      body.pipe(response).on('close', () => body.destroy());
    });
    expect(await fetcher.fetch(get('/'))).toMatchObject({ failure: 'body-too-large' });
    expect(written).toBeLessThan(80 * 65_536);
  });

  test('that announces more than the cap is not read at all', async () => {
    await serve((_, response) => {
      response.writeHead(200, { 'content-length': 5_000_000 });
      response.write('x');
    });
    expect(await fetcher.fetch(get('/'))).toMatchObject({ failure: 'body-too-large' });
  });

  test('that decompresses to more than the cap is refused', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000));
    await serve((_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb));
    expect(bomb.length).toBeLessThan(100_000);
    expect(await fetcher.fetch(get('/'))).toMatchObject({ failure: 'body-too-large' });
  });
});

describe('time', () => {
  test('bounds a slow drip as a whole, not the gaps in it', async () => {
    let dripping = true;
    await serve(
      (_, response) => {
        response.writeHead(200);
        const drip = setInterval(() => response.write('.'), 5);
        response.on('close', () => {
          dripping = false;
          clearInterval(drip);
        });
      },
      { requestTimeoutMs: 60 },
    );
    const started = performance.now();
    expect(await fetcher.fetch(get('/'))).toMatchObject({ failure: 'timeout' });
    expect(performance.now() - started).toBeLessThan(1_000);
    await expect.poll(() => dripping).toBe(false);
  });

  test('bounds a server that accepts and says nothing', async () => {
    await serve(() => undefined, { requestTimeoutMs: 40 });
    expect(await fetcher.fetch(get('/'))).toMatchObject({ failure: 'timeout' });
  });

  test('of the invocation cuts a request shorter than its own timeout', async () => {
    await serve(() => undefined);
    expect(await fetcher.fetch(get('/'), 30)).toMatchObject({ failure: 'timeout' });
  });

  test('bounds the wait for a connection too', async () => {
    await serve(() => undefined, { requestTimeoutMs: 80, connections: 1 });
    const results = await Promise.all([fetcher.fetch(get('/1')), fetcher.fetch(get('/2'), 40)]);
    expect(results).toMatchObject([{ failure: 'timeout' }, { failure: 'timeout' }]);
  });
});

describe('a broken connection', () => {
  test('in mid-body is a failure, never half a page', async () => {
    let asked = 0;
    await serve((_, response) => {
      asked += 1;
      response.writeHead(200, { 'content-length': 1_000 });
      response.write('half');
      setTimeout(() => response.destroy(), 5);
    });
    expect(await fetcher.fetch(get('/'))).toMatchObject({ failure: 'connection' });
    expect(asked).toBe(1);
  });

  test('that the server had closed while idle is replaced once, unseen', async () => {
    let asked = 0;
    await serve((request, response) => {
      asked += 1;
      if (asked === 2) request.socket.destroy();
      else response.end('ok');
    });
    await fetcher.fetch(get('/'));
    expect(await fetcher.fetch(get('/'))).toMatchObject({ status: 200 });
    expect(asked).toBe(3);
  });

  test('is not replaced for ever, and a POST is never sent twice', async () => {
    let asked = 0;
    await serve((request) => {
      asked += 1;
      request.socket.destroy();
    });
    expect(await fetcher.fetch(get('/'))).toMatchObject({ failure: 'connection' });
    expect(asked).toBe(2);
    const post = { method: 'POST' as const, url: `${real}/`, headers: {}, body: '{}' };
    expect(await fetcher.fetch(post)).toMatchObject({ failure: 'connection' });
    expect(asked).toBe(3);
  });

  test('that cannot be made is a failure', async () => {
    await serve((_, response) => response.end());
    await server.stop();
    expect(await fetcher.fetch(get('/'))).toMatchObject({ failure: 'connection' });
  });
});

describe('sockets', () => {
  test('are reused and never more than the bound', async () => {
    await serve((_, response) => setTimeout(() => response.end('x'.repeat(20_000)), 1), { connections: 3 });
    const pages = await Promise.all(Array.from({ length: 40 }, (_, i) => fetcher.fetch(get(`/${i}`))));
    expect(pages.every((page) => 'status' in page && page.status === 200)).toBe(true);
    expect(server.opened()).toBe(3);
  });

  test('of requests that were given up are destroyed', async () => {
    let waiting = 0;
    await serve(
      (_, response) => {
        waiting += 1;
        response.on('close', () => {
          waiting -= 1;
        });
        response.writeHead(200).write('.');
      },
      { requestTimeoutMs: 200 },
    );
    const results = Promise.all([fetcher.fetch(get('/1')), fetcher.fetch(get('/2'))]);
    await expect.poll(() => waiting).toBe(2);
    await results;
    await expect.poll(() => waiting).toBe(0);
  });
});
