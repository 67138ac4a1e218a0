import { connect, createServer, type Server } from 'node:net';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { UsageError } from '../command.ts';

const loopback = '127.0.0.1';
/** Bridges of Docker and Podman: what containers reach this machine by. */
const bridges = ['docker0', 'podman0', 'cni-podman0'];

/** How a container calls this machine. `listensOn` is null where it reaches loopback that way: Docker Desktop sees to that. */
export interface HostOfContainers {
  name: string;
  listensOn: string | null;
}

/** Throws a UsageError on Linux without a bridge: nothing that runs containers has been started. */
export function hostOfContainers(
  platform: NodeJS.Platform = process.platform,
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces(),
): HostOfContainers {
  if (platform !== 'linux') return { name: 'host.docker.internal', listensOn: null };
  for (const bridge of bridges) {
    const address = interfaces[bridge]?.find(({ family }) => family === 'IPv4')?.address;
    if (address !== undefined) return { name: address, listensOn: address };
  }
  throw new UsageError(
    `--containers: this machine has none of the networks ${bridges.join(', ')}; start Docker (or one container of Podman) first.`,
  );
}

/** The same settings as a container needs them: every service of this machine by the name that it has from there. */
export function asSeenFromContainers<T>(settings: T, { name }: HostOfContainers): T {
  return JSON.parse(JSON.stringify(settings).replaceAll(loopback, name)) as T;
}

/** Every port of this machine's loopback that is in these settings: in addresses, or beside a host. */
export function loopbackPorts(settings: unknown): number[] {
  const ports = new Set<number>();
  const look = (value: unknown): void => {
    if (typeof value === 'string') {
      for (const [, port] of value.matchAll(/127\.0\.0\.1:(\d+)/g)) ports.add(Number(port));
    } else if (typeof value === 'object' && value !== null) {
      const { host, port } = value as { host?: unknown; port?: unknown };
      if (host === loopback && typeof port === 'number') ports.add(port);
      Object.values(value).forEach(look);
    }
  };
  look(settings);
  return [...ports];
}

/** Listens there on each port, and hands every connection on to the same port of loopback. Returns what ends it. */
export async function relay(address: string, ports: readonly number[]): Promise<() => void> {
  const servers = await Promise.all(ports.map((port) => relayOne(address, port)));
  return () => {
    for (const server of servers) server.close();
  };
}

async function relayOne(address: string, port: number): Promise<Server> {
  const server = createServer((client) => {
    const service = connect(port, loopback);
    client.pipe(service).pipe(client);
    client.on('error', () => service.destroy());
    service.on('error', () => client.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, resolve);
  });
  return server.unref();
}
