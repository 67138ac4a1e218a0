import type { ObjectVersion } from './buckets.ts';
import { type Call, header } from './call.ts';
import { noSuchKey, notImplemented, preconditionFailed } from './errors.ts';

/**
 * Checks If-None-Match and If-Match of a write against what is there now. The caller writes in the same turn of the event
 * loop, so that of any number of concurrent writers with a condition exactly one wins.
 */
export function checkWriteConditions(call: Call, current: ObjectVersion | undefined): void {
  const [ifMatch, ifNoneMatch] = [header(call, 'if-match'), header(call, 'if-none-match')];
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch !== '*') throw notImplemented('If-None-Match with anything but *');
    if (current !== undefined) throw preconditionFailed('If-None-Match');
  }
  if (ifMatch === undefined) return;
  if (current === undefined) throw noSuchKey(call.key);
  if (!matches(ifMatch, current)) throw preconditionFailed('If-Match');
}

/**
 * Checks the conditions of a read, in the order of RFC 9110. True means: not modified. `prefix` is `x-amz-copy-source-`
 * for the source of a copy.
 */
export function checkReadConditions(call: Call, version: ObjectVersion, prefix = ''): boolean {
  const [ifMatch, ifNoneMatch, since, unmodified] = [
    'if-match',
    'if-none-match',
    'if-modified-since',
    'if-unmodified-since',
  ].map((name) => header(call, prefix + name));
  const seconds = Math.floor(version.lastModified / 1000) * 1000;
  if (ifMatch !== undefined) {
    if (!matches(ifMatch, version)) throw preconditionFailed('If-Match');
  } else if (unmodified !== undefined && seconds > Date.parse(unmodified)) {
    throw preconditionFailed('If-Unmodified-Since');
  }
  if (ifNoneMatch !== undefined) return matches(ifNoneMatch, version);
  return since !== undefined && seconds <= Date.parse(since);
}

function matches(condition: string, version: ObjectVersion): boolean {
  const unquoted = (tag: string) => tag.trim().replace(/^W\//, '').replaceAll('"', '');
  return condition
    .split(',')
    .some((tag) => unquoted(tag) === '*' || unquoted(tag) === unquoted(version.etag));
}
