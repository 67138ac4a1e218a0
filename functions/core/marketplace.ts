import type { MarketplaceManifest } from '../contract/manifest.ts';
import type { Reference } from './model/reference.ts';
import type { Snapshot } from './model/snapshot.ts';

/** What to ask the marketplace for. `url` is always the real public address; adapters may route it elsewhere. */
export interface PageRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/**
 * A response as it arrived. `url` is the final address after redirects, or a `file:` address for a stored body whose
 * origin nobody knows; header names are in lower case.
 */
export interface Page {
  readonly url: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** When the last byte arrived. Becomes `observedAt`. */
  readonly receivedAt: Date;
}

/** What a stored body lacks and the caller knows. From the pipeline, `reference` is always given. */
export interface ParseContext {
  readonly reference: Reference | null;
  /** Kind of the page, for a stored body whose reference is not known and whose shape does not tell. */
  readonly kind?: Reference['kind'] | undefined;
  /** ISO 4217 code that overrides what the shape implies (stored bodies of another host only). */
  readonly currency?: string | undefined;
}

/**
 * What one page turned out to be. A broken or foreign page is never an empty result, and never `gone`.
 *
 * - `ok`: snapshots and references, all validated. `schema` names the shape that matched; `oldShape` is true when a newer
 *   shape of the same page is known, so that the use of an old one is counted.
 * - `gone`: the marketplace itself says, in its own envelope, that the thing does not exist (any more).
 * - `empty`: a page that must hold items holds none. Suspicious (F39): never "no products".
 * - `throttled`: come back later; `retryAfterMs` is null when the server named no time.
 * - `blocked`: a refusal, a CAPTCHA or a wall (F30). Never parsed, never stored.
 * - `server-error`: the marketplace failed (5xx). Come back later.
 * - `format-changed`: not a shape that is known (F32). The raw body is quarantined.
 * - `rejected`: a known shape with impossible values (F34). The raw body is quarantined; nothing of it is stored.
 */
export type PageResult =
  | { outcome: 'ok'; schema: string; oldShape?: boolean; snapshots: Snapshot[]; references: Reference[] }
  | { outcome: 'gone'; detail: string }
  | { outcome: 'empty'; detail: string }
  | { outcome: 'throttled'; detail: string; retryAfterMs: number | null }
  | { outcome: 'blocked'; detail: string }
  | { outcome: 'server-error'; detail: string }
  | { outcome: 'format-changed'; detail: string }
  | { outcome: 'rejected'; detail: string };

export type Refusal = Exclude<PageResult, { outcome: 'ok' }>;

/** The one interface a marketplace implements. Pure: no I/O, no clock, no configuration beyond its manifest. */
export interface Marketplace {
  readonly manifest: MarketplaceManifest;
  /**
   * Listings that discovery begins with: whatever else there is, they or the listings that they lead to lead to it. Empty
   * where nothing is listed. `plan.seeds` in the configuration replaces them.
   */
  readonly seeds: readonly Reference[];
  /** The request that fetches a reference. Throws only for a kind that the marketplace does not have. */
  request(reference: Reference): PageRequest;
  /** Runs before parsing, on status, headers, address and a cheap look at the body. Null means: parse it. */
  classify(page: Page): Refusal | null;
  /** Parses a page that `classify` let through. Never throws on any body. */
  parse(page: Page, context: ParseContext): PageResult;
}
