import type { ProbeRequest, ProbeResult } from '../../contract/messages.ts';
import type { Page, PageRequest } from '../marketplace.ts';

/** A request that brought no usable response. None of these says anything about the thing that was asked for. */
export type FetchFailure = {
  failure: 'timeout' | 'connection' | 'body-too-large' | 'host-not-allowed';
  detail: string;
};

/** The way out that is no proxy. */
export const directExit = 'direct';

export interface Fetcher {
  /**
   * Resolves in every case, within the request timeout and within `withinMs` when that is less (what the invocation has
   * left); the body is always consumed or the socket destroyed. `exit` is a proxy that the fetcher knows, or `directExit`.
   */
  fetch(request: PageRequest, withinMs?: number, exit?: string): Promise<Page | FetchFailure>;
}

/** Visits one reference past a closed gate. */
export interface Probe {
  /** Resolves in every case: a probe that could not be made has the outcome `failed`. */
  probe(functionName: string, request: ProbeRequest): Promise<ProbeResult>;
}
