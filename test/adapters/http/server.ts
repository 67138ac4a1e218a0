import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A marketplace's server on loopback that knows how many sockets were opened to it. */
export interface TestServer {
  origin: string;
  opened: () => number;
  stop: () => Promise<void>;
}

export async function startServer(listener: RequestListener): Promise<TestServer> {
  const sockets = new Set<Socket>();
  let opened = 0;
  const server = createServer(listener);
  server.on('connection', (socket) => {
    opened += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    opened: () => opened,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
