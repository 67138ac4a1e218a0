import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { RefuseEntries } from '../fault.ts';
import type { Bodies } from './bodies.ts';
import type { Buckets } from './buckets.ts';

/** One request on its way through an operation. */
export interface Call {
  buckets: Buckets;
  bodies: Bodies;
  region: string;
  now(): number;
  request: IncomingMessage;
  headers: IncomingHttpHeaders;
  bucketName: string;
  /** Empty for operations on a bucket. */
  key: string;
  query: URLSearchParams;
  refuse: RefuseEntries | null;
}

/** A text is an XML document; bytes and streams come with their content-length. */
export interface Reply {
  status: number;
  headers?: Record<string, string>;
  body?: string | Buffer | Readable;
}

export type Operation = (call: Call) => Promise<Reply> | Reply;

/** One header as text. */
export function header(call: Call, name: string): string | undefined {
  return call.headers[name]?.toString();
}

/** The times of XML documents. */
export const isoTime = (milliseconds: number): string => new Date(milliseconds).toISOString();
