import type { IncomingHttpHeaders } from 'node:http';

/**
 * The access key id that a request is signed with; null when it is not signed. Every execution environment of a function
 * has one of its own, as in Lambda, so that a fault can be for one process.
 */
export function callerOf(headers: IncomingHttpHeaders): string | null {
  return /Credential=([^/,\s]+)\//.exec(headers.authorization ?? '')?.[1] ?? null;
}
