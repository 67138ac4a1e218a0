import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { QueueObserver } from '../../interfaces.ts';
import { callerOf } from '../caller.ts';
import { type Fault, playFault } from '../fault.ts';
import { listenOnLoopback, readBody } from '../http.ts';
import { systemTime, type Time } from '../time.ts';
import type { Operation, Operations } from './call.ts';
import { injectedError, malformedInput, modelledError, SqsError, unknownOperation } from './errors.ts';
import { type Input, isInput, optionalString } from './input.ts';
import { messageOperations } from './message-operations.ts';
import { Misdelivery, type MisdeliverySettings } from './misdelivery.ts';
import { moveOperations } from './move-operations.ts';
import { MoveTasks } from './move-tasks.ts';
import { queueOperations } from './queue-operations.ts';
import { Sqs } from './sqs.ts';

export interface SqsOptions {
  /** 0 or absent takes a free port. */
  port?: number;
  /** Multiplies visibility, delay, retention, and the pace of move tasks and of AWS's own waiting times. */
  timeScale: number;
  region: string;
  /** Twelve digits. */
  accountId: string;
  time?: Time;
  /** Asked before every request is served. Drills use it; `queueName` is null where a request names no queue. */
  onRequest?: (operation: string, queueName: string | null, caller: string | null) => Fault | undefined;
}

export interface SqsServer extends QueueObserver {
  /** What AWS_ENDPOINT_URL_SQS or a client's `endpoint` takes. */
  url: string;
  queueUrl(name: string): string;
  /** From now on the queue delivers repeatedly and out of order, as standard queues may; null: as it mostly does. */
  misdeliver(name: string, settings: MisdeliverySettings | null): void;
  close(): Promise<void>;
}

const operations: Operations = { ...queueOperations, ...messageOperations, ...moveOperations };
/** Known to AWS, of no use here: there is no authorization. */
const notEmulated = ['AddPermission', 'RemovePermission'];
/** A whole batch still fits when JSON escapes every byte of it (six for one). */
const maxHttpBytes = 8 * 1_048_576;

/**
 * Starts an SQS of standard queues in memory, on the loopback interface, that SDK clients use unchanged (JSON 1.0
 * protocol, no credentials checked). Rejects when the port is taken.
 */
export async function startSqs(options: SqsOptions): Promise<SqsServer> {
  const time = options.time ?? systemTime;
  const { region, accountId, timeScale } = options;
  const server = await listenOnLoopback(options.port ?? 0, (request, response) => serve(request, response));
  const sqs = new Sqs({ region, accountId, timeScale, time, url: server.url });
  const moveTasks = new MoveTasks(sqs);

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const name = String(request.headers['x-amz-target'] ?? '').replace(/^AmazonSQS\./, '');
    try {
      const input = await readInput(request);
      const fault = options.onRequest?.(name, queueNameIn(input), callerOf(request.headers));
      if (fault?.fault === 'error') {
        throw injectedError(fault.code, fault.status, fault.message ?? 'Refused by a drill.');
      }
      const served = await playFault(fault, response, time);
      if (!served.serve) return;
      const result = await operation(name)({
        sqs,
        moveTasks,
        input,
        gone: gone.signal,
        refuse: served.refuse,
      });
      if (served.answer) answer(response, 200, result);
      else response.destroy();
    } catch (error) {
      if (!(error instanceof SqsError)) throw error;
      const sender = error.status < 500 ? 'Sender' : 'Receiver';
      response.setHeader('x-amzn-query-error', `${error.code};${sender}`);
      answer(response, error.status, { __type: error.type, message: error.message });
    }
  }

  return {
    url: server.url,
    queueUrl: (name) => sqs.queueUrl(name),
    misdeliver(name, settings) {
      const queue = sqs.named(name);
      if (queue === undefined) throw new Error(`There is no queue ${name}.`);
      queue.misdelivery = settings === null ? null : new Misdelivery(settings);
    },
    statistics: () => sqs.statistics(),
    async close() {
      moveTasks.stop();
      await server.close();
    },
  };
}

async function readInput(request: IncomingMessage): Promise<Input> {
  const body = await readBody(request, maxHttpBytes);
  if (body === null)
    throw new SqsError('RequestEntityTooLarge', 'RequestEntityTooLarge', 413, 'Request too large.');
  let input: unknown;
  try {
    input = JSON.parse(body.toString() || '{}');
  } catch {
    throw malformedInput('The request body is not JSON.');
  }
  if (!isInput(input)) throw malformedInput('The request body is not a JSON object.');
  return input;
}

function operation(name: string): Operation {
  if (notEmulated.includes(name)) throw modelledError('UnsupportedOperation', `${name} is not emulated.`);
  const found = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (found === undefined) throw unknownOperation(name);
  return found;
}

/** From the URL, the name or the ARN, whichever the request has. */
function queueNameIn(input: Input): string | null {
  const text =
    optionalString(input, 'QueueUrl') ??
    optionalString(input, 'QueueName') ??
    optionalString(input, 'SourceArn');
  return text === undefined ? null : text.slice(Math.max(text.lastIndexOf('/'), text.lastIndexOf(':')) + 1);
}

function answer(response: ServerResponse, status: number, body: object): void {
  if (response.destroyed) return;
  const bytes = Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.0',
    'content-length': bytes.length,
    'x-amzn-requestid': randomUUID(),
  });
  response.end(bytes);
}
