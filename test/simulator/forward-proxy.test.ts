import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ProxyAgent, request } from 'undici';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ForwardProxy } from '../../simulator/http/forward-proxy.ts';

const site = createServer((_request, response) => response.end('a page'));
let proxy: ForwardProxy;
let agent: ProxyAgent;
let origin: string;
let address: string;

beforeEach(async () => {
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  proxy = new ForwardProxy();
  address = await proxy.listen();
  agent = new ProxyAgent({ uri: address, proxyTunnel: true });
});
afterEach(async () => {
  await agent.destroy();
  await proxy.close();
  site.closeAllConnections();
  await new Promise((resolve) => site.close(resolve));
});

test('a request through the proxy reaches the site, over a tunnel that is counted', async () => {
  const { body } = await request(origin, { dispatcher: agent });
  expect(await body.text()).toBe('a page');
  expect(proxy.stats()).toEqual({ tunnels: 1, refused: 0 });
});

test('another machine is refused', async () => {
  await expect(request('http://example.com/', { dispatcher: agent })).rejects.toThrow(/403|Proxy response/);
  expect(proxy.stats()).toEqual({ tunnels: 0, refused: 1 });
});

test('whoever does not know the password is refused', async () => {
  const { host } = new URL(address);
  const stranger = new ProxyAgent({ uri: `http://${host}`, proxyTunnel: true });
  await expect(request(origin, { dispatcher: stranger })).rejects.toThrow(/407|Proxy response/);
  expect(proxy.stats()).toEqual({ tunnels: 0, refused: 1 });
  await stranger.destroy();
});

test('closing the proxy ends the tunnels that are open', async () => {
  const { body } = await request(origin, { dispatcher: agent });
  await body.dump();
  await proxy.close();
  await expect(request(origin, { dispatcher: agent })).rejects.toThrow();
  proxy = new ForwardProxy();
  await proxy.listen();
});
