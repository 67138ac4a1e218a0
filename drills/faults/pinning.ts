/**
 * What makes RDS Proxy keep a session for one client, so that it cannot share it out (RDS user guide, "Avoiding pinning an RDS
 * Proxy", and engineering of its PostgreSQL part): long texts, and whatever outlives a transaction.
 */

/** Longest statement text in bytes. */
const LONGEST = 16 * 1024;
/** Parameters of the start-up message that are not settings. Others the proxy refuses, or keeps a session for. */
const plainParameters = new Set(['user', 'database', 'client_encoding']);

const sessionState =
  /^\s*(?:set(?!\s+(?:local|transaction)\b)|reset|discard|listen|unlisten|prepare|deallocate|load|declare|create\s+(?:global\s+|local\s+)?temp(?:orary)?)\b|\b(?:pg_(?:try_)?advisory_lock\w*|set_config|setseed|nextval|setval|lastval|currval)\s*\(/i;

/** Why a session is pinned by a statement; null when it is not. `name` is that of a prepared statement, empty for none. */
export function pinnedByStatement(name: string, text: string): string | null {
  const start = text.trim().replaceAll(/\s+/g, ' ').slice(0, 60);
  if (name !== '') return `prepared under the name ${name}: ${start}`;
  if (Buffer.byteLength(text) > LONGEST) return `a text of ${Buffer.byteLength(text)} bytes: ${start}`;
  return sessionState.test(text) ? `state of the session: ${start}` : null;
}

/** Why a session is pinned, or not granted, by what is said at its start. */
export function pinnedByStart(parameters: ReadonlyMap<string, string>): string | null {
  const others = [...parameters.keys()].filter((name) => !plainParameters.has(name));
  return others.length === 0 ? null : `a session that starts with ${others.join(', ')}`;
}
