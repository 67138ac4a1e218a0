import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
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
  responded(requestId: string, body: string): void;
  failed(requestId: string, body: string): void;
  responseTooLarge(requestId: string, bytes: number): void;
  initFailed(body: string): void;
}

const route = /^\/2018-06-01\/runtime\/(?:init\/error|invocation\/(?:next|([^/]+)\/(response|error)))$/;

/**
 * The Lambda Runtime API (version 2018-06-01) for one execution environment, on a loopback port of its own: a custom
 * runtime that knows AWS_LAMBDA_RUNTIME_API works against it unchanged.
 */
export class RuntimeApi {
  readonly #server: Server;
  readonly #listener: RuntimeListener;
  #waiting: ServerResponse | null = null;
  #requestId: string | null = null;

  constructor(listener: RuntimeListener) {
    this.#listener = listener;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
    // The runtime keeps one connection open through invocations of any length.
    this.#server.keepAliveTimeout = 0;
    this.#server.requestTimeout = 0;
  }

  /** Resolves with the value of AWS_LAMBDA_RUNTIME_API. */
  listen(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', () => {
        const address = this.#server.address();
        resolve(`127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`);
      });
    });
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
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const match = route.exec(request.url ?? '');
    if (!match) return answer(response, 404, { errorType: 'UnknownRoute', errorMessage: 'No such path' });
    if (request.url?.endsWith('/next')) {
      this.#waiting = response;
      this.#listener.ready();
      return;
    }
    const { body, bytes } = await readBody(request);
    const [, requestId, kind] = match;
    if (requestId === undefined) {
      this.#listener.initFailed(body);
    } else if (requestId !== this.#requestId) {
      return answer(response, 400, { errorType: 'InvalidRequestID', errorMessage: 'Invalid request ID' });
    } else if (bytes > maxResponseBytes) {
      answer(response, 413, {
        errorType: 'RequestEntityTooLarge',
        errorMessage: `Exceeded maximum allowed payload size (${maxResponseBytes} bytes).`,
      });
      return this.#listener.responseTooLarge(requestId, bytes);
    } else if (kind === 'response') {
      this.#listener.responded(requestId, body);
    } else {
      this.#listener.failed(requestId, body);
    }
    answer(response, 202, { status: 'OK' });
  }
}

async function readBody(request: IncomingMessage): Promise<{ body: string; bytes: number }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= maxResponseBytes) chunks.push(chunk);
  }
  return { body: Buffer.concat(chunks).toString('utf8'), bytes };
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
