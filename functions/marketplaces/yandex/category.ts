import type { CategoryPath } from '../../core/model/snapshot.ts';
import { isRecord } from '../shared/values.ts';
import { isOfType } from './json-ld.ts';

interface Crumb {
  title: string;
  /** The number of the category (nid, else hid), or null where the address has only a name. */
  number: string | null;
  name: string;
  /** A category narrowed to a brand or the like: "Laptops HP" is a filter, not a category. */
  isFilter: boolean;
}
const maxDepth = 20;

/**
 * The category path of a page by its `BreadcrumbList`: ids are the nid or hid of each address, or its slug where there is no
 * number. A last crumb that is the category narrowed by a filter gives its number to the category itself. Null when
 * there is none, or it is not readable: a price is stored without it.
 */
export function categoryOf(nodes: readonly Readonly<Record<string, unknown>>[]): CategoryPath | null {
  const list = nodes.find((node) => isOfType(node, 'BreadcrumbList'))?.['itemListElement'];
  if (!Array.isArray(list) || list.length === 0 || list.length > maxDepth) return null;
  const crumbs: Crumb[] = [];
  for (const item of list.toSorted((a, b) => positionOf(a) - positionOf(b))) {
    const crumb = readCrumb(item);
    if (crumb === null) return null;
    crumbs.push(crumb);
  }
  const last = crumbs.at(-1);
  const parent = crumbs.at(-2);
  if (last?.isFilter === true && parent) {
    crumbs.pop();
    parent.number ??= last.number;
  }
  return crumbs.map(({ title, number, name }) => ({ externalId: number ?? name, title }));
}

/** Positions are numbers, or numbers as text. */
const positionOf = (item: unknown): number => (isRecord(item) ? Number(item['position']) || 0 : 0);

function readCrumb(listItem: unknown): Crumb | null {
  if (!isRecord(listItem)) return null;
  const item = isRecord(listItem['item']) ? listItem['item'] : listItem;
  const title = item['name'] ?? listItem['name'];
  const address = item['@id'] ?? item['url'] ?? listItem['item'];
  if (typeof title !== 'string' || title.trim() === '' || typeof address !== 'string') return null;
  if (!URL.canParse(address, 'https://market.yandex.uz')) return null;
  const { pathname, searchParams } = new URL(address, 'https://market.yandex.uz');
  const nid = /^\/(?:\w\w\/)?catalog--[^/]*\/(\d+)/.exec(pathname)?.[1] ?? searchParams.get('nid');
  const number = [nid, searchParams.get('hid')].find(
    (id) => id !== null && id !== undefined && /^\d{1,20}$/.test(id),
  );
  const name = pathname.split('/').findLast((part) => part !== '' && part !== 'list');
  if (name === undefined || name.length > 200) return null;
  return { title: title.trim(), number: number ?? null, name, isFilter: searchParams.has('glfilter') };
}
