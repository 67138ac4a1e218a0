import type { Buffer } from 'node:buffer';
import type { Page } from '../../core/marketplace.ts';
import { isRecord } from '../shared/values.ts';
import { findBlocks } from './blocks.ts';
import { findProduct, readJsonLd } from './json-ld.ts';
import { type Collections, entryOf, readCollections } from './patches.ts';

/** A page of the market, read but not yet understood. */
export interface MarketPage {
  readonly bytes: Buffer;
  readonly patches: readonly string[];
  readonly collections: Collections;
  /** JSON-LD, and the one product in it that the page is about. */
  readonly nodes: readonly Readonly<Record<string, unknown>>[];
  readonly product: Readonly<Record<string, unknown>> | null;
  /** The page's own word for what it is (`market:product`), and what it was asked for. */
  readonly pageId: string | null;
  readonly params: Readonly<Record<string, unknown>>;
  /** Blocks that should have been readable: with any of them, the absence of something says nothing. */
  readonly faults: readonly string[];
}

/** Reads the blocks of a page. A fault when it is not text, or not whole. */
export function readMarketPage(page: Page): MarketPage | { fault: string } {
  const blocks = findBlocks(page);
  if ('fault' in blocks) return blocks;
  const { bytes, patches } = blocks;
  const collections = readCollections(patches);
  const { nodes, faults } = readJsonLd(blocks.jsonLd);
  const current = entryOf(collections, 'pageParams', 'current');
  return {
    bytes,
    patches,
    collections,
    nodes,
    product: findProduct(nodes),
    pageId: typeof current?.['pageId'] === 'string' ? current['pageId'] : rootPageId(bytes),
    params: isRecord(current?.['params']) ? current['params'] : {},
    faults: [...collections.faults.map((fault) => `a patch: ${fault}`), ...faults],
  };
}

/** The page's word for itself in the zone of its root element, for pages whose collections lack it. */
function rootPageId(bytes: Buffer): string | null {
  const head = bytes.toString('latin1', 0, 16 * 1024);
  return /(?:"|&quot;)page(?:"|&quot;):(?:"|&quot;)(\w+:[\w-]+)(?:"|&quot;)/.exec(head)?.[1] ?? null;
}

/** The address that the server says was asked for, or null. */
export function statedAddress({ collections }: MarketPage): { host: string; pathname: string } | null {
  const url = entryOf(collections, 'url', 'current');
  if (typeof url?.['host'] !== 'string' || typeof url['pathname'] !== 'string') return null;
  return { host: url['host'], pathname: url['pathname'] };
}
