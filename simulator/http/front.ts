import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Epochs } from '../epochs.ts';
import { FaultPlan, type Verdict } from '../faults/plan.ts';
import { redirectTo, serverError } from '../faults/refusals.ts';
import type { Answer, Ask, Site } from '../site.ts';
import { send, sendHuge, sendSlowly, sendThenReset, sendTruncated } from './respond.ts';
import { Stats } from './stats.ts';
import { Visits } from './visits.ts';

const MAX_REQUEST_BODY = 1_000_000;
const OUTAGE_CHECK_MS = 50;

interface Listener {
  readonly host: string;
  readonly server: Server;
  port: number;
}

/** One marketplace on the network: a loopback listener per real host, faults, statistics and visits. */
export class Front {
  readonly site: Site;
  readonly faults: FaultPlan;
  readonly stats = new Stats();
  readonly visits = new Visits();
  readonly #epochs: Epochs;
  readonly #listeners: Listener[] = [];
  #settling: Promise<void> = Promise.resolve();
  #watch: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(site: Site, seed: number, epochs: Epochs) {
    this.site = site;
    this.#epochs = epochs;
    this.faults = new FaultPlan(seed, site.id, site.shapes);
  }

  /** Opens every host on a free port. Returns real origin to local origin. */
  async listen(): Promise<Record<string, string>> {
    const origins: Record<string, string> = {};
    for (const host of this.site.hosts) {
      const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) =>
        this.#arrive(host, request, response),
      );
      server.on('connection', (socket) => {
        this.stats.connected();
        socket.once('close', () => this.stats.disconnected());
      });
      const listener = { host, server, port: 0 };
      await open(listener);
      this.#listeners.push(listener);
      origins[`https://${host}`] = `http://127.0.0.1:${listener.port}`;
    }
    return origins;
  }

  /** Applies the outage knob to the listeners, now and when its time is over. Call it after turning knobs. */
  settle(): Promise<void> {
    this.#settling = this.#settling.then(() => this.#settle());
    return this.#settling;
  }

  async #settle(): Promise<void> {
    clearTimeout(this.#watch);
    if (this.#closed) return;
    const refuse = this.faults.refusesConnections(Date.now());
    for (const listener of this.#listeners) {
      if (refuse && listener.server.listening) await shut(listener.server);
      // The port may be in use for a moment by an outgoing connection: the watch below tries again.
      else if (!refuse && !listener.server.listening) await open(listener).catch(() => undefined);
    }
    if (refuse || this.#listeners.some(({ server }) => !server.listening))
      this.#watch = setTimeout(() => void this.settle(), OUTAGE_CHECK_MS);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#watch);
    await Promise.all(this.#listeners.map(({ server }) => shut(server)));
  }

  #arrive(host: string, request: IncomingMessage, response: ServerResponse): void {
    this.stats.arrived();
    response.once('close', () => this.stats.left());
    const verdict = this.faults.decide(Date.now(), this.#epochs.current);
    const delay = this.faults.latencyMs();
    const proceed = (body: string) => {
      if (delay === 0) this.#answer(host, request, response, body, verdict);
      else setTimeout(() => this.#answer(host, request, response, body, verdict), delay);
    };
    if (request.method === 'POST') readBody(request).then(proceed, () => response.destroy());
    else proceed('');
  }

  #answer(
    host: string,
    request: IncomingMessage,
    response: ServerResponse,
    body: string,
    verdict: Verdict,
  ): void {
    if (response.destroyed) return;
    const ask = this.#ask(host, request, body);
    if (verdict.do === 'hang') this.stats.answered('none', 0);
    else if (verdict.do === 'fail') this.#send(response, serverError(verdict.status));
    else if (verdict.do === 'redirect') this.#send(response, redirectTo(verdict.location));
    else if (verdict.do === 'refuse') {
      this.stats.refused(ask.now);
      this.#send(response, this.site.refuse(ask, verdict.kind, verdict.retryAfterSeconds));
    } else this.#serve(response, ask, verdict);
  }

  #serve(response: ServerResponse, ask: Ask, verdict: Verdict & { do: 'serve' }): void {
    const { absurd, empty, cut, bytesPerSecond, hugeBytes } = verdict;
    const shape = verdict.shape ?? (this.site.shapes[0] as string);
    const answer = this.site.answer(ask, { shape, absurd, empty });
    // Only what can be read and is true counts as shown.
    const record = () => {
      if (answer.shown.length > 0 && shape !== 'unknown' && absurd === null && !empty)
        this.visits.record(answer.shown, ask.epoch, Date.now());
    };
    if (hugeBytes !== null) {
      this.stats.answered(answer.status, hugeBytes);
      void sendHuge(response, answer, hugeBytes);
      return;
    }
    if (cut === null && bytesPerSecond === null) {
      this.#send(response, answer);
      record();
      return;
    }
    this.stats.answered(answer.status, answer.body.length);
    if (cut === 'reset') sendThenReset(response, answer);
    else if (cut === 'truncated') sendTruncated(response, answer);
    else if (bytesPerSecond !== null) sendSlowly(response, answer, bytesPerSecond, record);
  }

  #ask(host: string, request: IncomingMessage, body: string): Ask {
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    return {
      host,
      method: request.method ?? 'GET',
      path: mark < 0 ? url : url.slice(0, mark),
      query: mark < 0 ? '' : url.slice(mark + 1),
      headers: request.headers,
      body,
      epoch: this.#epochs.current,
      now: Date.now(),
    };
  }

  #send(response: ServerResponse, answer: Answer): void {
    this.stats.answered(answer.status, answer.body.length);
    send(response, answer);
  }
}

function open(listener: Listener): Promise<void> {
  const { server } = listener;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(listener.port, '127.0.0.1', () => {
      server.off('error', reject);
      listener.port = (server.address() as AddressInfo).port;
      resolve();
    });
  });
}

function shut(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_REQUEST_BODY) throw new Error('The request body is too large.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
