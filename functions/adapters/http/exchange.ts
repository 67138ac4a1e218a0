import type { Dispatcher } from 'undici';
import type { FetchFailure } from '../../core/ports/fetching.ts';
import { NotPublic } from './addresses.ts';
import type { BodyMemory, Reading } from './body-memory.ts';
import { BodyTooLarge } from './decode.ts';

/** A response as the socket gave it: the body is still in its content encoding. */
export interface RawResponse {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** `brokeBeforeResponse`: an open connection broke before anything of the response arrived. */
export type RawFailure = FetchFailure & { brokeBeforeResponse: boolean };

/**
 * One request and its response within `timeoutMs`, body included, and at most `maxBytes` of body. Always resolves. When
 * it gives up, the socket is destroyed; otherwise the body was read to its end and the socket is reused. `memory` is what it
 * shares with all others: it may have to wait in the middle of a body, within its time.
 *
 * Uses undici's dispatch: no stream per response, and no AbortSignal per request.
 */
export function exchange(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  timeoutMs: number,
  maxBytes: number,
  memory: BodyMemory,
): Promise<RawResponse | RawFailure> {
  return new Promise((resolve) => {
    const handler = new Exchange(timeoutMs, maxBytes, memory, resolve);
    try {
      dispatcher.dispatch(request, handler);
    } catch (error) {
      handler.fail(error);
    }
  });
}

class Exchange implements Dispatcher.DispatchHandler, Reading {
  readonly #maxBytes: number;
  readonly #memory: BodyMemory;
  readonly #resolve: (result: RawResponse | RawFailure) => void;
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | null = null;
  #settled = false;
  #status = 0;
  #headers: Record<string, string> = {};
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(
    timeoutMs: number,
    maxBytes: number,
    memory: BodyMemory,
    resolve: (result: RawResponse | RawFailure) => void,
  ) {
    this.#maxBytes = maxBytes;
    this.#memory = memory;
    this.#resolve = resolve;
    this.#timer = setTimeout(
      () => this.#giveUp(new Deadline(`no whole response in ${Math.round(timeoutMs)} ms`)),
      timeoutMs,
    );
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // The deadline may have passed while the request waited for a connection.
    if (this.#settled) controller.abort(new Deadline('given up'));
    else this.#controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (status < 200) return;
    this.#status = status;
    for (const name in headers) {
      const value = headers[name];
      if (value !== undefined) this.#headers[name] = typeof value === 'string' ? value : value.join(', ');
    }
    if (Number(this.#headers['content-length']) > this.#maxBytes) this.#tooLarge();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > this.#maxBytes) this.#tooLarge();
    if (!this.#settled) this.#memory.grew(this, chunk.length);
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    // Another exchange's end is where this is called from, and undici's parsers do not run inside each other.
    queueMicrotask(() => this.#controller?.resume());
  }

  onResponseEnd(): void {
    const [only] = this.#chunks;
    const body = only && this.#chunks.length === 1 ? only : Buffer.concat(this.#chunks, this.#bytes);
    this.#settle({ status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
  }

  fail(error: unknown): void {
    this.#settle({
      ...failureOf(error),
      brokeBeforeResponse: this.#status === 0 && BROKEN.has(codeOf(error)),
    });
  }

  #tooLarge(): void {
    this.#giveUp(new BodyTooLarge(`the body has more than ${this.#maxBytes} bytes`));
  }

  #giveUp(error: Error): void {
    this.fail(error);
    this.#controller?.abort(error);
  }

  #settle(result: RawResponse | RawFailure): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#chunks = [];
    this.#memory.left(this);
    this.#resolve(result);
  }
}

class Deadline extends Error {}

const BROKEN = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function failureOf(error: unknown): FetchFailure {
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof Deadline || codeOf(error) === 'UND_ERR_CONNECT_TIMEOUT') {
    return { failure: 'timeout', detail };
  }
  if (error instanceof BodyTooLarge) return { failure: 'body-too-large', detail };
  if (error instanceof NotPublic) return { failure: 'host-not-allowed', detail };
  return { failure: 'connection', detail };
}
