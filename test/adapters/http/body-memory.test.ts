import { afterEach, describe, expect, test } from 'vitest';
import { BodyMemory } from '../../../functions/adapters/http/body-memory.ts';
import type { UndiciFetcher } from '../../../functions/adapters/http/fetcher.ts';
import { fetching, get } from './fetching.ts';
import type { TestServer } from './server.ts';

function reading() {
  const one = { paused: false, pause: () => (one.paused = true), resume: () => (one.paused = false) };
  return one;
}

describe('bodies that are read at once', () => {
  test('wait above the bound, but for the oldest, and go on in its place when it is whole', () => {
    const memory = new BodyMemory(100);
    const [first, second, third] = [reading(), reading(), reading()];
    memory.grew(first, 60);
    memory.grew(second, 60);
    memory.grew(third, 60);
    memory.grew(first, 60);
    expect([first.paused, second.paused, third.paused]).toEqual([false, true, true]);
    memory.left(first);
    expect([second.paused, third.paused]).toEqual([false, true]);
    memory.left(second);
    expect(third.paused).toBe(false);
  });

  test('all go on when one that was given up makes room for them', () => {
    const memory = new BodyMemory(100);
    const [first, second, third] = [reading(), reading(), reading()];
    memory.grew(first, 10);
    memory.grew(second, 80);
    memory.grew(third, 20);
    expect(third.paused).toBe(true);
    memory.left(second);
    expect(third.paused).toBe(false);
    memory.left(second);
  });
});

describe('a fetcher', () => {
  let server: TestServer;
  let fetcher: UndiciFetcher;
  afterEach(async () => {
    await server.stop();
    await fetcher.close();
  });

  test('brings every body to its end when together they are far above what it may hold', async () => {
    const body = Buffer.alloc(900_000, 'narx');
    ({ server, fetcher } = await fetching((_, response) => void response.end(body), {
      connections: 8,
      maxBodyBytes: 1_000_000,
      maxReadingBytes: 150_000,
      requestTimeoutMs: 20_000,
    }));
    const pages = await Promise.all(Array.from({ length: 24 }, (_, i) => fetcher.fetch(get(`/${i}`))));
    for (const page of pages) expect('body' in page && body.equals(page.body)).toBe(true);
    expect(server.opened()).toBeLessThanOrEqual(8);
  });
});
