import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Loopback, or what a container calls this machine by. */
function isOfThisMachine(address: string): boolean {
  return Object.values(networkInterfaces()).some((one) => one?.some((known) => known.address === address));
}

/**
 * A forward proxy such as an operator would rent: tunnels by CONNECT, to this machine only, for those who know its password. It
 * counts what goes through it, so that a run can show that requests really took this way.
 */
export class ForwardProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** As in its address: `user:password`. */
  readonly #login = `narx:${randomBytes(12).toString('hex')}`;
  #tunnels = 0;
  #refused = 0;

  constructor() {
    this.#server = createServer((_request, response) => {
      response.writeHead(405, { 'content-type': 'text/plain' }).end('This proxy only tunnels (CONNECT).\n');
    });
    this.#server.on('connect', (request, client: Socket, head: Buffer) => {
      const authorization = `Basic ${Buffer.from(this.#login).toString('base64')}`;
      if (request.headers['proxy-authorization'] !== authorization) {
        this.#refused += 1;
        client.end(
          'HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n',
        );
        return;
      }
      const target = new URL(`http://${request.url}`);
      if (!isOfThisMachine(target.hostname)) {
        this.#refused += 1;
        client.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
        return;
      }
      this.#tunnels += 1;
      const upstream = connect(Number(target.port || 80), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
        upstream.write(head);
        upstream.pipe(client);
        client.pipe(upstream);
      });
      for (const [socket, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        this.#sockets.add(socket);
        socket.once('close', () => {
          this.#sockets.delete(socket);
          other.destroy();
        });
        // A reset of one side ends the tunnel; `close` follows.
        socket.on('error', () => other.destroy());
      }
    });
  }

  /** Listens on a free loopback port; resolves with the proxy's address, its password in it. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
    return `http://${this.#login}@127.0.0.1:${address.port}`;
  }

  /** Tunnels that were opened, and requests that were refused: for other machines, or of strangers. */
  stats(): { tunnels: number; refused: number } {
    return { tunnels: this.#tunnels, refused: this.#refused };
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
