import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { callerOf } from '../caller.ts';
import { type Fault, playFault } from '../fault.ts';
import { listenOnLoopback } from '../http.ts';
import { systemTime, type Time } from '../time.ts';
import { Bodies } from './bodies.ts';
import { Buckets } from './buckets.ts';
import type { Reply } from './call.ts';
import { invalidArgument, S3Error } from './errors.ts';
import { route } from './routes.ts';
import { writeErrorXml } from './xml.ts';

export interface S3Options {
  /** 0 or absent takes a free port. */
  port?: number;
  /** Bodies are spilled to `dataDir/bodies`, which belongs to this server: emptied at start and removed at close. */
  dataDir: string;
  region: string;
  time?: Time;
  /** Asked before every request is served. Drills use it; names are null where a request has none. */
  onRequest?: (
    operation: string,
    bucketName: string | null,
    key: string | null,
    caller: string | null,
  ) => Fault | undefined;
}

export interface S3Server {
  /** What AWS_ENDPOINT_URL_S3 or a client's `endpoint` takes. Buckets are in the path. */
  url: string;
  close(): Promise<void>;
}

/**
 * Starts an S3 on the loopback interface that SDK clients use unchanged (REST XML protocol, path style, no credentials
 * checked). The index is in memory and the bodies are in files, so nothing survives a restart and large objects need no
 * memory. Rejects when the port is taken or the folder cannot be written.
 */
export async function startS3(options: S3Options): Promise<S3Server> {
  const time = options.time ?? systemTime;
  const bodies = await Bodies.in(options.dataDir);
  const buckets = new Buckets();
  const server = await listenOnLoopback(options.port ?? 0, serve);

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('x-amz-request-id', randomUUID().replaceAll('-', '').slice(0, 16).toUpperCase());
    response.setHeader('x-amz-id-2', randomBytes(24).toString('base64'));
    try {
      const { bucketName, key, query } = readTarget(request.url ?? '/');
      const copies = request.headers['x-amz-copy-source'] !== undefined;
      const { name, serve: operation } = route(request.method ?? 'GET', bucketName, key, query, copies);
      const fault = options.onRequest?.(name, bucketName || null, key || null, callerOf(request.headers));
      if (fault?.fault === 'error') {
        throw new S3Error(fault.code, fault.status, fault.message ?? 'Refused by a drill.');
      }
      const { serve: serving, answer, refuse } = await playFault(fault, response, time);
      if (!serving) return;
      const { region } = options;
      const now = () => time.now();
      const { headers } = request;
      const reply = await operation({
        buckets,
        bodies,
        region,
        now,
        request,
        headers,
        bucketName,
        key,
        query,
        refuse,
      });
      if (answer) await send(response, reply);
      else response.destroy();
    } catch (error) {
      if (!(error instanceof S3Error) || response.headersSent) throw error;
      // What is left of an upload is read and thrown away, so that the client gets to see the answer.
      request.resume();
      await send(response, {
        status: error.status,
        headers: { 'content-type': 'application/xml' },
        ...(request.method !== 'HEAD' && {
          body: writeErrorXml({
            Code: error.code,
            Message: error.message,
            ...error.details,
            Resource: request.url ?? '',
            RequestId: String(response.getHeader('x-amz-request-id')),
          }),
        }),
      });
    }
  }

  return {
    url: server.url,
    async close() {
      await server.close();
      await bodies.clear();
    },
  };
}

/** Splits the address by hand: a URL parser would resolve the dots that keys may contain. */
function readTarget(url: string): { bucketName: string; key: string; query: URLSearchParams } {
  const mark = url.indexOf('?');
  const path = mark === -1 ? url : url.slice(0, mark);
  const query = new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1));
  const slash = path.indexOf('/', 1);
  try {
    return {
      bucketName: decodeURIComponent(path.slice(1, slash === -1 ? undefined : slash)),
      key: slash === -1 ? '' : decodeURIComponent(path.slice(slash + 1)),
      query,
    };
  } catch {
    throw invalidArgument(`Couldn't parse the specified URI: ${url}`);
  }
}

async function send(response: ServerResponse, { status, headers = {}, body }: Reply): Promise<void> {
  if (typeof body === 'string') {
    headers['content-type'] ??= 'application/xml';
    headers['content-length'] = String(Buffer.byteLength(body));
  }
  response.writeHead(status, headers);
  if (body instanceof Readable) await pipeline(body, response);
  else response.end(body);
}
