import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { UndiciFetcher } from '../../../functions/adapters/http/fetcher.ts';
import { loadProxies } from '../../../functions/adapters/proxies.ts';
import { ConfigurationError } from '../../../functions/core/model/errors.ts';
import { ForwardProxy } from '../../../simulator/http/forward-proxy.ts';
import { startServer } from './server.ts';

const real = 'https://shop.example';
const request = {
  method: 'GET',
  url: `${real}/product/1?x=2`,
  headers: { accept: 'a/b' },
  body: null,
} as const;

async function setting(proxyCount: number, connections = 2) {
  const seen: { host: string | undefined; url: string | undefined; authorization: unknown }[] = [];
  const server = await startServer((incoming, response) => {
    const authorization = incoming.headers['proxy-authorization'];
    seen.push({ host: incoming.headers.host, url: incoming.url, authorization });
    response.end('{}');
  });
  onTestFinished(() => server.stop());
  const forward = Array.from({ length: proxyCount }, () => new ForwardProxy());
  const proxies = new Map<string, string>();
  for (const [i, proxy] of forward.entries()) {
    onTestFinished(() => proxy.close());
    proxies.set(`p${i}`, await proxy.listen());
  }
  const fetcher = new UndiciFetcher({
    hosts: ['shop.example'],
    origins: { [real]: server.origin },
    proxies,
    connections,
    requestTimeoutMs: 1_000,
    maxBodyBytes: 1_000,
    userAgent: 'narx',
    clock: { now: () => new Date(0) },
  });
  onTestFinished(() => fetcher.close());
  return { fetcher, seen, forward, server };
}

describe('a request', () => {
  test('goes through the proxy that it names, and looks to the marketplace as if it came directly', async () => {
    const { fetcher, seen, forward } = await setting(2);
    expect(await fetcher.fetch(request, 1_000, 'p1')).toMatchObject({ url: request.url, status: 200 });
    expect(seen).toEqual([{ host: 'shop.example', url: '/product/1?x=2', authorization: undefined }]);
    expect(forward.map((proxy) => proxy.stats().tunnels)).toEqual([0, 1]);
  });

  test('that names none goes out directly', async () => {
    const { fetcher, seen, forward } = await setting(1);
    expect(await fetcher.fetch(request)).toMatchObject({ status: 200 });
    expect(seen).toHaveLength(1);
    expect(forward[0]?.stats().tunnels).toBe(0);
  });

  test('after another one uses its tunnel again, and many at once no more tunnels than connections', async () => {
    const { fetcher, seen, forward } = await setting(1, 3);
    await Promise.all(Array.from({ length: 20 }, () => fetcher.fetch(request, 1_000, 'p0')));
    expect(seen).toHaveLength(20);
    expect(forward[0]?.stats().tunnels).toBeLessThanOrEqual(3);
  });

  test('through a proxy that is not there, or refuses, fails as a connection', async () => {
    const { fetcher, forward, server } = await setting(2);
    await forward[0]?.close();
    expect(await fetcher.fetch(request, 1_000, 'p0')).toMatchObject({ failure: 'connection' });
    await server.stop();
    expect(await fetcher.fetch(request, 1_000, 'p1')).toMatchObject({ failure: 'connection' });
  });

  test('to a host that is not the marketplace’s is not made through a proxy either', async () => {
    const { fetcher, forward } = await setting(1);
    const elsewhere = { ...request, url: 'https://elsewhere.example/' };
    expect(await fetcher.fetch(elsewhere, 1_000, 'p0')).toMatchObject({ failure: 'host-not-allowed' });
    expect(forward[0]?.stats()).toEqual({ tunnels: 0, refused: 0 });
  });
});

describe('the list of proxies', () => {
  const secretsManager = mockClient(SecretsManagerClient);
  const secrets = () => new SecretsManagerClient({ region: 'eu-central-1' });
  beforeEach(() => secretsManager.reset());
  afterAll(() => secretsManager.restore());
  const holds = (text: string) => secretsManager.on(GetSecretValueCommand).resolves({ SecretString: text });

  test('comes from the secret; its names tell accounts apart and hold no password', async () => {
    holds('["http://me:secret@proxy.example:8080","http://you:secret@proxy.example:8080"]');
    const proxies = await loadProxies('aws', 'yandex', 'narx/yandex-proxies', secrets);
    expect([...proxies.values()]).toEqual([
      'http://me:secret@proxy.example:8080',
      'http://you:secret@proxy.example:8080',
    ]);
    expect(new Set(proxies.keys()).size).toBe(2);
    for (const name of proxies.keys()) expect(name).toMatch(/^proxy\.example:8080#[0-9a-f]{8}$/);
  });

  test('is empty without a secret, and none is asked for', async () => {
    expect(await loadProxies('aws', 'uzum', 'none', secrets)).toEqual(new Map());
    expect(secretsManager.calls()).toEqual([]);
  });

  test('comes from the endpoints in local runs', async () => {
    const url = 'http://127.0.0.1:9';
    const local = { sqs: url, dynamodb: url, s3: url, lambda: url, postgres: {}, origins: {} };
    const endpoints = { ...local, proxies: { yandex: ['http://127.0.0.1:3128'] } };
    expect([...(await loadProxies(endpoints, 'yandex', 'none', secrets)).values()]).toEqual([
      'http://127.0.0.1:3128',
    ]);
    expect(await loadProxies(endpoints, 'uzum', 'none', secrets)).toEqual(new Map());
    expect(await loadProxies(local, 'yandex', 'narx/yandex-proxies', secrets)).toEqual(new Map());
  });

  test.each([
    '',
    '{}',
    '[]',
    '["socks5://proxy.example"]',
    'http://me:secret@proxy.example',
    '["not a url: secret"]',
  ])('that is %j is refused with a sentence, and without a word of the secret', async (text) => {
    holds(text);
    const loading = loadProxies('aws', 'yandex', 'narx/yandex-proxies', secrets);
    await expect(loading).rejects.toBeInstanceOf(ConfigurationError);
    await expect(loading).rejects.toThrow(/The secret narx\/yandex-proxies is not a JSON list/);
    await expect(loading).rejects.not.toThrow(/me:secret|not a url/);
  });
});
