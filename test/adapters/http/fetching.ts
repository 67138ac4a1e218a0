import type { RequestListener } from 'node:http';
import { type FetcherOptions, UndiciFetcher } from '../../../functions/adapters/http/fetcher.ts';
import type { PageRequest } from '../../../functions/core/marketplace.ts';
import { startServer, type TestServer } from './server.ts';

export const now = new Date('2031-02-03T04:05:06.789Z');
/** The marketplace's real origin, which the server stands in for. */
export const real = 'https://api.market.example';

/** A server and a fetcher that takes it for the marketplace. */
export async function fetching(
  listener: RequestListener,
  options: Partial<FetcherOptions> = {},
): Promise<{ server: TestServer; fetcher: UndiciFetcher }> {
  const server = await startServer(listener);
  const fetcher = new UndiciFetcher({
    hosts: ['api.market.example', 'www.market.example', 'localhost'],
    origins: { [real]: server.origin, 'https://www.market.example': server.origin },
    proxies: new Map(),
    connections: 4,
    requestTimeoutMs: 2_000,
    maxBodyBytes: 100_000,
    userAgent: 'narx (ops@example.com)',
    clock: { now: () => now },
    ...options,
  });
  return { server, fetcher };
}

export function get(path: string, headers: Record<string, string> = {}): PageRequest {
  return { method: 'GET', url: `${real}${path}`, headers, body: null };
}
