import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';
import { expect, it, onTestFinished } from 'vitest';
import { asSeenFromContainers, hostOfContainers, loopbackPorts, relay } from '../../cli/start/containers.ts';

const address = (of: string, family: 'IPv4' | 'IPv6' = 'IPv4') =>
  ({ address: of, family }) as NetworkInterfaceInfo;
const login = 'narx:word';
const settings = {
  QUEUE_URL: 'http://127.0.0.1:4001/000000000000/jobs',
  ENDPOINTS: JSON.stringify({ s3: 'http://127.0.0.1:4002', proxies: [`http://${login}@127.0.0.1:4003`] }),
  endpoints: { postgres: { ecommerce: { host: '127.0.0.1', port: 4004 } }, s3: 'http://127.0.0.1:4002' },
  TIMEOUT: '5000',
};

it('containers reach this machine by the address of their bridge', () => {
  const interfaces = {
    lo: [address('127.0.0.1')],
    eth0: [address('192.0.2.7')],
    docker0: [address('fe80::1', 'IPv6'), address('172.17.0.1')],
  };
  expect(hostOfContainers('linux', interfaces)).toEqual({ name: '172.17.0.1', listensOn: '172.17.0.1' });
  expect(hostOfContainers('darwin', {})).toEqual({ name: 'host.docker.internal', listensOn: null });
  expect(() => hostOfContainers('linux', { eth0: [address('192.0.2.7')] })).toThrow(/start Docker/);
});

it('every service of this machine is named as it is called from there, and found', () => {
  expect(asSeenFromContainers(settings, { name: '172.17.0.1', listensOn: null })).toMatchObject({
    QUEUE_URL: 'http://172.17.0.1:4001/000000000000/jobs',
    ENDPOINTS: `{"s3":"http://172.17.0.1:4002","proxies":["http://${login}@172.17.0.1:4003"]}`,
    endpoints: { postgres: { ecommerce: { host: '172.17.0.1', port: 4004 } } },
    TIMEOUT: '5000',
  });
  expect(loopbackPorts(settings).sort()).toEqual([4001, 4002, 4003, 4004]);
});

it('a relay answers there with what listens on loopback, until it is closed', async () => {
  const service = createServer((_request, response) => response.end('the service')).listen(0, '127.0.0.1');
  await once(service, 'listening');
  onTestFinished(() => void service.close());
  const { port } = service.address() as AddressInfo;
  // Another address of this machine, as that of a bridge is.
  const close = await relay('127.0.0.2', [port]);
  const answer = await fetch(`http://127.0.0.2:${port}/`, { headers: { connection: 'close' } });
  expect(await answer.text()).toBe('the service');
  close();
  await expect(fetch(`http://127.0.0.2:${port}/`)).rejects.toThrow();
});
