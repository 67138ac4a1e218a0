import { isIP } from 'node:net';
import { type Dispatcher, Pool, type ProxyAgent } from 'undici';
import type { Page, PageRequest } from '../../core/marketplace.ts';
import { directExit, type Fetcher, type FetchFailure } from '../../core/ports/fetching.ts';
import type { Clock } from '../../core/ports/runtime.ts';
import { isPublic, publicLookup } from './addresses.ts';
import { BodyMemory } from './body-memory.ts';
import { acceptEncoding, BodyTooLarge, decode } from './decode.ts';
import { exchange, type RawFailure, type RawResponse } from './exchange.ts';
import { proxyAgent } from './proxy-agent.ts';

export interface FetcherOptions {
  /** The only hosts that are asked, redirects included. */
  hosts: readonly string[];
  /** Real origin to the origin that answers in its place; empty when deployed. */
  origins: Readonly<Record<string, string>>;
  /** Name to address of the proxies; requests name the one they go through. Other requests go out directly. */
  proxies: ReadonlyMap<string, string>;
  /** Most sockets per origin, and per proxy. */
  connections: number;
  requestTimeoutMs: number;
  /** After decompression. */
  maxBodyBytes: number;
  /** What all bodies together may hold while they are read, before decompression. Default: 64 MB. */
  maxReadingBytes?: number;
  userAgent: string;
  clock: Clock;
}

/** An eighth of a worker's 512 MB, and many times what ordinary pages need. */
const MAX_READING_BYTES = 64 * 1024 * 1024;
const MAX_REDIRECTS = 3;
const CONNECT_TIMEOUT_MS = 5_000;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** What the fetcher decides itself, whatever a marketplace asks for. */
const OWN_HEADERS = new Set(['user-agent', 'accept-encoding', 'host', 'connection']);

/**
 * Fetches over keep-alive connections without pipelining. Only https, only allowed hosts, only public addresses. A proxy
 * resolves names itself, out in its own network: there the host list is what guards.
 */
export class UndiciFetcher implements Fetcher {
  readonly #options: FetcherOptions;
  readonly #hosts: ReadonlySet<string>;
  readonly #memory: BodyMemory;
  readonly #pools = new Map<string, Pool>();
  readonly #proxyAgents = new Map<string, ProxyAgent>();
  /** Origins that were found to be fine. */
  readonly #fine = new Set<string>();
  /** What a marketplace's headers are sent as: it gives the same object with most of its requests. */
  readonly #headers = new WeakMap<PageRequest['headers'], string[]>();

  constructor(options: FetcherOptions) {
    this.#options = options;
    this.#hosts = new Set(options.hosts);
    this.#memory = new BodyMemory(options.maxReadingBytes ?? MAX_READING_BYTES);
  }

  async fetch(
    request: PageRequest,
    withinMs = Number.POSITIVE_INFINITY,
    exit: string = directExit,
  ): Promise<Page | FetchFailure> {
    const deadline = performance.now() + Math.min(this.#options.requestTimeoutMs, withinMs);
    let hop = request;
    for (let redirects = 0; ; redirects += 1) {
      const url = new URL(hop.url);
      const refusal = this.#refusal(url);
      if (refusal !== null) return { failure: 'host-not-allowed', detail: refusal };
      const response = await this.#ask(url, hop, deadline, exit);
      if ('failure' in response) return { failure: response.failure, detail: response.detail };
      const location = response.headers['location'];
      if (location === undefined || !REDIRECTS.has(response.status)) return this.#page(url.href, response);
      if (redirects === MAX_REDIRECTS) {
        return { failure: 'connection', detail: `more than ${MAX_REDIRECTS} redirects` };
      }
      if (!URL.canParse(location, url.href))
        return { failure: 'connection', detail: 'redirected to no address' };
      hop = redirected(hop, response.status, new URL(location, url.href));
    }
  }

  /** Closes idle connections and waits for those in use. */
  async close(): Promise<void> {
    await Promise.all([...this.#pools.values(), ...this.#proxyAgents.values()].map((each) => each.close()));
  }

  /** Null, or why this address is not asked. */
  #refusal(url: URL): string | null {
    const { origin } = url;
    if (this.#fine.has(origin)) return null;
    if (!this.#hosts.has(url.host)) return `the host ${url.host} is not one of the marketplace's`;
    // An address needs no resolution, where names are checked.
    const address = url.hostname.replace(/^\[(.*)\]$/, '$1');
    if (isIP(address) !== 0 && !isPublic(address) && !(origin in this.#options.origins)) {
      return `the address ${address} is not public`;
    }
    if (url.protocol !== 'https:' && !(origin in this.#options.origins)) {
      return `the address ${origin} is not https`;
    }
    this.#fine.add(origin);
    return null;
  }

  async #ask(url: URL, hop: PageRequest, deadline: number, exit: string): Promise<RawResponse | RawFailure> {
    const { origin } = url;
    const local = this.#options.origins[origin];
    const headers = this.#headersFor(hop.headers);
    const options: Dispatcher.DispatchOptions = {
      origin: local ?? origin,
      method: hop.method,
      path: url.pathname + url.search,
      headers: local === undefined ? headers : [...headers, 'host', url.host],
      body: hop.body,
    };
    const dispatcher = exit === directExit ? this.#pool(origin) : this.#proxyAgent(exit);
    const { maxBodyBytes } = this.#options;
    const attempt = () =>
      exchange(dispatcher, options, Math.max(1, deadline - performance.now()), maxBodyBytes, this.#memory);
    const first = await attempt();
    // A kept connection may have been closed by the server meanwhile, above all while Lambda had frozen this process.
    // That is no answer of the marketplace's: a GET is asked once more, on a new connection.
    const stale = 'failure' in first && first.brokeBeforeResponse;
    return stale && hop.method === 'GET' ? await attempt() : first;
  }

  #headersFor(asked: PageRequest['headers']): string[] {
    let headers = this.#headers.get(asked);
    if (!headers) {
      headers = ['user-agent', this.#options.userAgent, 'accept-encoding', acceptEncoding];
      for (const [name, value] of Object.entries(asked)) {
        if (!OWN_HEADERS.has(name.toLowerCase())) headers.push(name, value);
      }
      this.#headers.set(asked, headers);
    }
    return headers;
  }

  #page(url: string, response: RawResponse): Page | FetchFailure {
    const { maxBodyBytes, clock } = this.#options;
    const receivedAt = clock.now();
    const { status, headers } = response;
    try {
      const body = decode(response.body, headers['content-encoding'], maxBodyBytes);
      return { url, status, headers, body, receivedAt };
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      return { failure: error instanceof BodyTooLarge ? 'body-too-large' : 'connection', detail };
    }
  }

  #proxyAgent(exit: string): ProxyAgent {
    const known = this.#proxyAgents.get(exit);
    if (known) return known;
    const uri = this.#options.proxies.get(exit);
    if (uri === undefined) throw new Error(`There is no proxy "${exit}".`);
    const agent = proxyAgent(uri, this.#options.connections, CONNECT_TIMEOUT_MS);
    this.#proxyAgents.set(exit, agent);
    return agent;
  }

  #pool(origin: string): Pool {
    const known = this.#pools.get(origin);
    if (known) return known;
    const local = this.#options.origins[origin];
    const pool = new Pool(local ?? origin, {
      connections: this.#options.connections,
      pipelining: 1,
      // `exchange` bounds the whole; these two only bound the headers and the gaps between chunks.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: {
        timeout: CONNECT_TIMEOUT_MS,
        ...(local === undefined && { lookup: publicLookup() }),
      },
    });
    this.#pools.set(origin, pool);
    return pool;
  }
}

/** The next request of a redirect (RFC 9110, 15.4): a POST becomes a GET unless the status forbids it. */
function redirected(from: PageRequest, status: number, to: URL): PageRequest {
  const keeps = from.method === 'GET' || status === 307 || status === 308;
  const sameHost = new URL(from.url).host === to.host;
  const headers = Object.entries(from.headers).filter(([name]) => {
    const lower = name.toLowerCase();
    if (!keeps && lower.startsWith('content-')) return false;
    return sameHost || (lower !== 'authorization' && lower !== 'cookie');
  });
  return {
    method: keeps ? from.method : 'GET',
    url: to.href,
    headers: Object.fromEntries(headers),
    body: keeps ? from.body : null,
  };
}
