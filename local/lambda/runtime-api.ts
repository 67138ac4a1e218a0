import type { IncomingMessage, ServerResponse } from 'node:http';
import { type LoopbackServer, listenOnLoopback, readBody } from '../aws/http.ts';
import { maxResponseBytes } from './failures.ts';

/** One invocation on its way into an environment. */
export interface RuntimeEvent {
  requestId: string;
  /** JSON text. */
  body: string;
  deadline: number;
  functionArn: string;
}

/** What the runtime tells. Every body is the JSON text that it sent. */
export interface RuntimeListener {
  /** The runtime waits for an event: initialisation is over, or the last invocation is. */
  ready(): void;
  responded(body: string): void;
  failed(body: string): void;
  responseTooLarge(): void;
  initFailed(body: string): void;
}

const route = /^\/2018-06-01\/runtime\/(?:init\/error|invocation\/(?:next|([^/]+)\/(response|error)))$/;

/**
 * The Lambda Runtime API (version 2018-06-01) for one execution environment, on a loopback port of its own: a custom
 * runtime that knows AWS_LAMBDA_RUNTIME_API works against it unchanged.
 */
export class RuntimeApi {
  readonly #listener: RuntimeListener;
  #server: LoopbackServer | null = null;
  #waiting: ServerResponse | null = null;
  #requestId: string | null = null;

  constructor(listener: RuntimeListener) {
    this.#listener = listener;
  }

  /** Resolves with the value of AWS_LAMBDA_RUNTIME_API. */
  async listen(): Promise<string> {
    this.#server = await listenOnLoopback(0, (request, response) => this.#serve(request, response));
    return `127.0.0.1:${this.#server.port}`;
  }

  /** Hands an event to the runtime, which has said that it is ready. */
  deliver(event: RuntimeEvent): void {
    const response = this.#waiting;
    if (!response) throw new Error('The runtime has not asked for an event.');
    this.#waiting = null;
    this.#requestId = event.requestId;
    response
      .writeHead(200, {
        'Content-Type': 'application/json',
        'Lambda-Runtime-Aws-Request-Id': event.requestId,
        'Lambda-Runtime-Deadline-Ms': String(event.deadline),
        'Lambda-Runtime-Invoked-Function-Arn': event.functionArn,
      })
      .end(event.body);
  }

  close(): void {
    void this.#server?.close();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const match = route.exec(request.url ?? '');
    if (!match) return answer(response, 404, { errorType: 'UnknownRoute', errorMessage: 'No such path' });
    if (request.url?.endsWith('/next')) {
      this.#waiting = response;
      this.#listener.ready();
      return;
    }
    const body = (await readBody(request, maxResponseBytes))?.toString('utf8') ?? null;
    const [, requestId, kind] = match;
    if (requestId !== undefined && requestId !== this.#requestId)
      return answer(response, 400, { errorType: 'InvalidRequestID', errorMessage: 'Invalid request ID' });
    if (body === null) {
      answer(response, 413, {
        errorType: 'RequestEntityTooLarge',
        errorMessage: `Exceeded maximum allowed payload size (${maxResponseBytes} bytes).`,
      });
      return this.#listener.responseTooLarge();
    }
    if (requestId === undefined) {
      this.#listener.initFailed(body);
    } else if (kind === 'response') {
      this.#listener.responded(body);
    } else {
      this.#listener.failed(body);
    }
    answer(response, 202, { status: 'OK' });
  }
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
