import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { type LoopbackServer, listenOnLoopback } from '../../local/aws/http.ts';

/** Where the page's data comes from. */
export interface PageSources {
  /** Name of a storage domain to the address of its read API. */
  apis: Record<string, string>;
  /** What `narx status --json` prints. */
  status(): Promise<unknown>;
}

const css = 'text/css; charset=utf-8';
const script = 'text/javascript; charset=utf-8';
const own = (name: string) => fileURLToPath(new URL(`web/${name}`, import.meta.url));
const installed = (name: string) => fileURLToPath(import.meta.resolve(name));

/** Everything that is served from disk: nothing else can be asked for, whatever a path looks like. */
export const pageFiles: Readonly<Record<string, { file: string; type: string }>> = {
  '/': { file: own('index.html'), type: 'text/html; charset=utf-8' },
  '/style.css': { file: own('style.css'), type: css },
  '/uplot.css': { file: installed('uplot/dist/uPlot.min.css'), type: css },
  '/uplot.js': { file: installed('uplot/dist/uPlot.iife.min.js'), type: script },
  ...Object.fromEntries(
    ['app', 'chart', 'dom', 'format', 'flow', 'prices', 'product', 'stretches', 'sweeps'].map((name) => [
      `/${name}.mjs`,
      { file: own(`${name}.mjs`), type: script },
    ]),
  ),
};

/** No inline script or style, nothing from elsewhere, in nobody's frame. */
const headers = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** How long a read API may take, in milliseconds. */
const apiMs = 10_000;

/**
 * Serves the page for people on the loopback interface, and under `/api/<domain>/` the read API, so that the page needs no
 * other origin. Answers only requests that name this machine as their host: a web page elsewhere cannot read through it by
 * giving its own name this address. `port` 0 takes a free one.
 */
export async function servePage(sources: PageSources, port = 0): Promise<LoopbackServer> {
  const status = oneAtATime(() => sources.status());
  return await listenOnLoopback(port, async (request, response) => {
    request.resume();
    const json = (code: number, body: unknown) =>
      send(response, code, 'application/json', JSON.stringify(body));
    if (!/^(127\.0\.0\.1|localhost):\d+$/.test(request.headers.host ?? ''))
      return json(403, { message: 'Forbidden' });
    if (request.method !== 'GET') return json(405, { message: 'Method Not Allowed' });
    const url = URL.parse(request.url ?? '', 'http://127.0.0.1');
    if (url === null) return json(400, { message: 'Bad Request' });
    const file = Object.hasOwn(pageFiles, url.pathname) ? pageFiles[url.pathname] : undefined;
    if (file !== undefined) return send(response, 200, file.type, await readFile(file.file));
    if (url.pathname === '/apis.json') return json(200, Object.keys(sources.apis));
    if (url.pathname === '/status.json') {
      try {
        return json(200, await status());
      } catch (error) {
        return json(503, { message: error instanceof Error ? error.message : String(error) });
      }
    }
    const [, domain = '', path = ''] = /^\/api\/([^/]+)(\/.*)$/.exec(url.pathname) ?? [];
    if (!Object.hasOwn(sources.apis, domain)) return json(404, { message: 'Not Found' });
    return await passOn(`${sources.apis[domain]}${path}${url.search}`, request, response);
  });
}

/** However many windows are open, the stage is asked once at a time: who asks meanwhile gets the same answer. */
export function oneAtATime<T>(ask: () => Promise<T>): () => Promise<T> {
  let asking: Promise<T> | null = null;
  return () => {
    asking ??= ask().finally(() => {
      asking = null;
    });
    return asking;
  };
}

async function passOn(address: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const answer = await fetch(address, {
      headers: { accept: request.headers.accept ?? '*/*' },
      redirect: 'manual',
      signal: AbortSignal.timeout(apiMs),
    });
    const body = Buffer.from(await answer.arrayBuffer());
    send(response, answer.status, answer.headers.get('content-type') ?? 'application/json', body);
  } catch {
    const message = 'The read API does not answer: is the stack still running?';
    send(response, 502, 'application/json', JSON.stringify({ message }));
  }
}

function send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
  response.writeHead(status, { ...headers, 'content-type': type }).end(body);
}
