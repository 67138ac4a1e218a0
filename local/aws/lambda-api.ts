import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MappingSpec } from '../cloud-model.ts';
import type { MappingControl } from '../events/mappings.ts';
import type { LambdaHost } from '../interfaces.ts';
import { maxRequestBytes } from '../lambda/failures.ts';
import { functionNameOf } from '../template/compute.ts';
import { callerOf } from './caller.ts';
import { type Fault, loseAnswer, playFault } from './fault.ts';
import { type LoopbackServer, listenOnLoopback, readBody } from './http.ts';
import { systemTime } from './time.ts';

export interface LambdaApiOptions {
  port?: number;
  region: string;
  accountId: string;
  /** Factor on the pauses between the attempts of an asynchronous invocation. */
  timeScale: number;
  /** Asked before every request is served. Drills use it; `name` is a function's or a mapping's id. */
  onRequest?: (operation: string, name: string | null, caller: string | null) => Fault | undefined;
}

/** What the API acts on. */
export interface LambdaBackend {
  host: LambdaHost;
  control: MappingControl;
  mappings: readonly MappingSpec[];
}

export interface LambdaApiServer extends LoopbackServer {
  /** The functions are told the API's address, so it listens before they exist; until then it answers 503. */
  connect(backend: LambdaBackend): void;
}

/** Largest event of an asynchronous invocation, in bytes (Lambda quotas). */
const maxEventBytes = 1024 * 1024;
/** Lambda tries an asynchronous invocation again after one minute, then after two. */
const retryPausesMs = [60_000, 120_000];

class ApiError extends Error {
  readonly status: number;
  constructor(status: number, name: string, message: string) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

const statusByName: Record<string, number> = { ResourceNotFoundException: 404, ResourceInUseException: 400 };

/**
 * The Lambda API as the SDK's client speaks it, on the loopback interface: Invoke (RequestResponse, Event, DryRun) and
 * List, Get and UpdateEventSourceMapping. Of UpdateEventSourceMapping only `Enabled` is honoured; the rest of a mapping
 * is the template's. Anything else is answered with 501.
 */
export async function startLambdaApi(options: LambdaApiOptions): Promise<LambdaApiServer> {
  const api = new LambdaApi(options);
  const server = await listenOnLoopback(options.port ?? 0, (request, response) =>
    api.serve(request, response),
  );
  return {
    ...server,
    connect: (backend) => api.connect(backend),
    close: () => {
      api.stop();
      return server.close();
    },
  };
}

class LambdaApi {
  readonly #options: LambdaApiOptions;
  readonly #retries = new Set<NodeJS.Timeout>();
  #connected: LambdaBackend | null = null;

  constructor(options: LambdaApiOptions) {
    this.#options = options;
  }

  connect(backend: LambdaBackend): void {
    this.#connected = backend;
  }

  stop(): void {
    for (const timer of this.#retries) clearTimeout(timer);
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('x-amzn-RequestId', randomUUID());
    try {
      const url = new URL(request.url ?? '/', 'http://localhost');
      const [version, collection, id, action] = url.pathname.split('/').slice(1).map(decodeURIComponent);
      const route = `${request.method} ${version}/${collection}`;
      const invokes = route === 'POST 2015-03-31/functions' && action === 'invocations';
      const operation = invokes && id !== undefined ? 'Invoke' : mappingOperation(route, id);
      if (operation === null)
        throw new ApiError(
          501,
          'NotImplementedException',
          `${request.method} ${url.pathname} is not emulated.`,
        );
      const name = invokes && id !== undefined ? functionNameOf(id) : (id ?? null);
      const fault = this.#options.onRequest?.(operation, name, callerOf(request.headers));
      if (fault?.fault === 'error')
        throw new ApiError(fault.status, fault.code, fault.message ?? 'Refused by a drill.');
      const { serve, answer } = await playFault(fault, response, systemTime);
      if (!serve) return;
      if (!answer) loseAnswer(response);
      if (operation === 'Invoke') await this.#invoke(id ?? '', request, response);
      else if (operation === 'UpdateEventSourceMapping')
        send(response, 202, await this.#update(id ?? '', request));
      else send(response, 200, id ? this.#mapping(id) : this.#list(url.searchParams));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const status = error instanceof ApiError ? error.status : statusByName[error.name];
      if (status === undefined) throw error;
      response.setHeader('x-amzn-ErrorType', error.name);
      send(response, status, { Type: status < 500 ? 'User' : 'Service', Message: error.message });
    }
  }

  async #invoke(nameOrArn: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const name = functionNameOf(nameOrArn);
    const type = String(request.headers['x-amz-invocation-type'] ?? 'RequestResponse');
    const limit = type === 'Event' ? maxEventBytes : maxRequestBytes;
    const body = await readBody(request, limit);
    if (!this.#backend.host.functions().some((spec) => spec.name === name))
      throw new ApiError(
        404,
        'ResourceNotFoundException',
        `Function not found: ${this.#arn(`function:${name}`)}`,
      );
    if (body === null)
      throw new ApiError(
        413,
        'RequestTooLargeException',
        `Request must be smaller than ${limit} bytes for the InvokeFunction operation`,
      );
    const payload = parse(body.toString('utf8'));
    response.setHeader('X-Amz-Executed-Version', '$LATEST');
    if (type === 'DryRun') {
      response.writeHead(204).end();
    } else if (type === 'Event') {
      this.#attempt({ name, payload, requestId: randomUUID() }, 0);
      response.writeHead(202).end();
    } else {
      const invocation = await this.#backend.host.invoke(name, payload);
      if (invocation.functionError !== null)
        response.setHeader('X-Amz-Function-Error', invocation.functionError);
      send(response, 200, invocation.payload ?? null);
    }
  }

  /** Asynchronous events that keep failing are dropped after three attempts, as without a destination in AWS. */
  #attempt(event: { name: string; payload: unknown; requestId: string }, attempt: number): void {
    const retry = (): void => {
      const pause = retryPausesMs[attempt];
      if (pause === undefined) return;
      const timer = setTimeout(() => {
        this.#retries.delete(timer);
        this.#attempt(event, attempt + 1);
      }, pause * this.#options.timeScale);
      this.#retries.add(timer);
    };
    this.#backend.host.invoke(event.name, event.payload, event.requestId).then(
      (invocation) => {
        if (invocation.functionError !== null) retry();
      },
      // The host has stopped: nobody is left to try again.
      () => undefined,
    );
  }

  #list(query: URLSearchParams): unknown {
    const functionName = query.get('FunctionName');
    const source = query.get('EventSourceArn');
    const mappings = this.#backend.control
      .list()
      .map((mapping) => this.#mapping(mapping.uuid))
      .filter((mapping) => source === null || mapping.EventSourceArn === source)
      .filter(
        (mapping) =>
          functionName === null || functionNameOf(mapping.FunctionArn) === functionNameOf(functionName),
      );
    return { EventSourceMappings: mappings, NextMarker: null };
  }

  #mapping(uuid: string) {
    const { state, functionName, queueName } = this.#backend.control.get(uuid);
    const spec = this.#backend.mappings.find((candidate) => candidate.uuid === uuid);
    return {
      UUID: uuid,
      State: state,
      StateTransitionReason: 'USER_INITIATED',
      EventSourceArn: `arn:aws:sqs:${this.#options.region}:${this.#options.accountId}:${queueName}`,
      FunctionArn: this.#arn(`function:${functionName}`),
      BatchSize: spec?.batchSize,
      MaximumBatchingWindowInSeconds: spec?.batchingWindowSeconds,
      FunctionResponseTypes: spec?.reportBatchItemFailures ? ['ReportBatchItemFailures'] : [],
      ...(spec && spec.maximumConcurrency !== null
        ? { ScalingConfig: { MaximumConcurrency: spec.maximumConcurrency } }
        : {}),
    };
  }

  async #update(uuid: string, request: IncomingMessage): Promise<unknown> {
    const body = await readBody(request, maxEventBytes);
    const { Enabled: enabled } = parse(body?.toString('utf8') ?? '') as { Enabled?: unknown };
    if (typeof enabled === 'boolean') this.#backend.control.setEnabled(uuid, enabled);
    return this.#mapping(uuid);
  }

  get #backend(): LambdaBackend {
    if (this.#connected) return this.#connected;
    throw new ApiError(503, 'ServiceException', 'The functions are not there yet.');
  }

  #arn(resource: string): string {
    return `arn:aws:lambda:${this.#options.region}:${this.#options.accountId}:${resource}`;
  }
}

/** Null for a call that is not emulated. */
function mappingOperation(route: string, id: string | undefined): string | null {
  if (route === 'GET 2015-03-31/event-source-mappings')
    return id ? 'GetEventSourceMapping' : 'ListEventSourceMappings';
  return route === 'PUT 2015-03-31/event-source-mappings' && id ? 'UpdateEventSourceMapping' : null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text || '{}');
  } catch (cause) {
    throw new ApiError(
      400,
      'InvalidRequestContentException',
      `Could not parse request body into json: ${String(cause)}`,
    );
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}
