import type { BlockKind } from './faults/knobs.ts';

/** A request to a marketplace, reduced to what an answer depends on. */
export interface Ask {
  /** The real host that was asked, such as `api.uzum.uz`. */
  readonly host: string;
  readonly method: string;
  readonly path: string;
  /** Without the question mark; empty when there is none. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Empty unless the method has a body. */
  readonly body: string;
  readonly epoch: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Impossible values that a knob can plant in an otherwise normal answer. */
export const absurdities = ['zero', 'negative', 'huge', 'missing'] as const;
export type Absurdity = (typeof absurdities)[number];

/** How an answer is to differ from the plain truth. */
export interface Manner {
  /** One of the site's shapes. */
  readonly shape: string;
  readonly absurd: Absurdity | null;
  /** A soft refusal: 200, the page's frame, nothing in it. */
  readonly empty: boolean;
}

/** A thing whose true state an answer shows. */
export interface Shown {
  readonly kind: string;
  readonly externalId: string;
  /** `detail` for the thing's own page; `listing` where a list shows its true price too. */
  readonly via: 'detail' | 'listing';
}

export interface Answer {
  readonly status: number;
  /** Name, value, name, value: as `writeHead` takes them. */
  readonly headers: readonly string[];
  readonly body: Buffer;
  readonly shown: readonly Shown[];
}

/** One existing thing in one epoch, as the generator knows it. Amounts are decimal strings. */
export interface TrueThing {
  readonly kind: string;
  readonly externalId: string;
  readonly title: string;
  readonly currency: string;
  readonly seller: { externalId: string; title: string } | null;
  readonly category: { externalId: string; title: string; path: string[] } | null;
  readonly offers: readonly {
    externalId: string;
    price: string | null;
    oldPrice: string | null;
    availability: 'in_stock' | 'out_of_stock' | 'unknown';
    quantity?: string;
  }[];
  /** Further facts of one marketplace; see the README. */
  readonly [fact: string]: unknown;
}

/** One marketplace as the outside world sees it. */
export interface Site {
  readonly id: string;
  /** Real host names. Each gets a listener of its own. */
  readonly hosts: readonly string[];
  /** Known shapes, the current one first, then older ones. `unknown` is understood besides. */
  readonly shapes: readonly string[];
  answer(ask: Ask, manner: Manner): Answer;
  /** What the site sends to a client that it does not want. `retryAfterSeconds` only where the kind has one. */
  refuse(ask: Ask, kind: BlockKind, retryAfterSeconds: number): Answer;
  /** Everything that exists in an epoch, ordered by kind and numeric id. */
  truth(epoch: number): Iterable<TrueThing>;
}

const none: readonly Shown[] = [];

/** An answer with the usual headers. */
export function answer(
  status: number,
  contentType: string,
  text: string | Buffer,
  more: { shown?: readonly Shown[]; headers?: readonly string[] } = {},
): Answer {
  const body = typeof text === 'string' ? Buffer.from(text, 'utf8') : text;
  return {
    status,
    headers: ['Content-Type', contentType, ...(more.headers ?? [])],
    body,
    shown: more.shown ?? none,
  };
}

export const JSON_TYPE = 'application/json';
export const HTML_TYPE = 'text/html; charset=utf-8';
