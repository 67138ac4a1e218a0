import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import type { Epochs } from './epochs.ts';
import { KnobError, noFaults } from './faults/knobs.ts';
import type { ForwardProxy } from './http/forward-proxy.ts';
import type { Front } from './http/front.ts';

const LINES_PER_WRITE = 200;

/** What the control API was asked wrongly. */
class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The operator's side of the simulator: epochs, truth, visits, statistics, knobs. Loopback only. */
export class Control {
  readonly #seed: number;
  readonly #epochs: Epochs;
  readonly #fronts: ReadonlyMap<string, Front>;
  readonly #proxies: readonly ForwardProxy[];
  readonly #server: Server;

  constructor(seed: number, epochs: Epochs, fronts: readonly Front[], proxies: readonly ForwardProxy[]) {
    this.#seed = seed;
    this.#epochs = epochs;
    this.#fronts = new Map(fronts.map((front) => [front.site.id, front]));
    this.#proxies = proxies;
    this.#server = createServer((request, response) => {
      this.#route(request, response).catch((error: unknown) => {
        const status = error instanceof Refused ? error.status : error instanceof KnobError ? 400 : 500;
        if (response.headersSent) response.destroy();
        else json(response, status, { error: error instanceof Error ? error.message : String(error) });
      });
    });
  }

  async listen(port: number): Promise<string> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://control');
    const [, what = '', marketplace] = url.pathname.split('/');
    const asked = `${request.method} /${what}${marketplace === undefined ? '' : '/'}`;
    switch (asked) {
      case 'GET /health':
        return json(response, 200, { ok: true });
      case 'GET /state':
        return json(response, 200, {
          seed: this.#seed,
          epoch: this.#epochs.current,
          epochs: this.#epochs.all(),
          marketplaces: [...this.#fronts.keys()],
        });
      case 'POST /epoch':
        return json(response, 200, this.#epochs.advance());
      case 'GET /stats':
        return json(
          response,
          200,
          Object.fromEntries([...this.#fronts].map(([id, front]) => [id, front.stats.report()])),
        );
      case 'GET /proxies':
        return json(
          response,
          200,
          this.#proxies.map((proxy) => proxy.stats()),
        );
      case 'GET /truth/':
        return lines(response, things(this.#front(marketplace), this.#epochOf(url)));
      case 'GET /visits/':
        return lines(response, this.#front(marketplace).visits.lines());
      case 'GET /knobs/':
        return json(response, 200, this.#front(marketplace).faults.knobs);
      case 'PUT /knobs/':
        return this.#turn(response, this.#front(marketplace), await readJson(request));
      case 'DELETE /knobs/':
        return this.#turn(response, this.#front(marketplace), noFaults);
      default:
        throw new Refused(404, `There is no ${request.method} ${url.pathname}; see simulator/README.md.`);
    }
  }

  async #turn(response: ServerResponse, front: Front, patch: unknown): Promise<void> {
    const knobs = front.faults.turn(patch, Date.now());
    await front.settle();
    json(response, 200, knobs);
  }

  #front(marketplace = ''): Front {
    const front = this.#fronts.get(marketplace);
    if (front) return front;
    throw new Refused(
      404,
      `There is no marketplace "${marketplace}"; there are ${[...this.#fronts.keys()].join(', ')}.`,
    );
  }

  #epochOf(url: URL): number {
    const text = url.searchParams.get('epoch');
    if (text === null) return this.#epochs.current;
    const epoch = Number(text);
    if (Number.isInteger(epoch) && epoch >= 0) return epoch;
    throw new Refused(400, 'The epoch must be a whole number from 0.');
  }
}

function json(response: ServerResponse, status: number, value: unknown): void {
  const body = `${JSON.stringify(value)}\n`;
  response.writeHead(status, {
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}

function* things(front: Front, epoch: number): Generator<string> {
  for (const thing of front.site.truth(epoch)) yield JSON.stringify(thing);
}

/** Streams NDJSON, and lets the marketplaces answer in between. */
async function lines(response: ServerResponse, source: Iterable<string>): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'application/x-ndjson' });
  await pipeline(Readable.from(batches(source)), response);
}

async function* batches(source: Iterable<string>): AsyncGenerator<string> {
  let batch: string[] = [];
  for (const line of source) {
    batch.push(line);
    if (batch.length < LINES_PER_WRITE) continue;
    yield `${batch.join('\n')}\n`;
    batch = [];
    await setImmediate();
  }
  if (batch.length > 0) yield `${batch.join('\n')}\n`;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new Refused(400, 'The body must be JSON.');
  }
}
