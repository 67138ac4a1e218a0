import { describe, expect, it } from 'vitest';
import { type Served, serve, type Thing } from '../serve.ts';

interface Card {
  id: number;
  productId: number;
  minSellPrice: number;
  minFullPrice: number;
}

interface Found {
  data: { makeSearch: { total: number; items: { catalogCard: Card }[] } } | null;
  errors?: { message: string }[];
}

async function search(
  { ask }: Served,
  categoryId: string,
  offset: number,
  limit: number,
  headers: Record<string, string> = { authorization: 'Bearer any' },
) {
  const variables = { queryInput: { categoryId, sort: 'BY_RELEVANCE_DESC', pagination: { offset, limit } } };
  const response = await ask('https://graphql.uzum.uz/', {
    method: 'POST',
    headers,
    body: JSON.stringify({ operationName: 'getMakeSearch', query: 'query { makeSearch }', variables }),
  });
  return { status: response.status, headers: response.headers, found: (await response.json()) as Found };
}

interface Node {
  id: number;
  children: Node[];
  path: number[];
}

describe("Uzum's category tree", () => {
  it('has about 400 leaves at depth three and four, each with its path', async () => {
    const { ask } = await serve();
    const response = await ask('https://api.uzum.uz/api/main/root-categories');
    const { payload } = (await response.json()) as { payload: Node[] };
    const leaves = (nodes: Node[]): Node[] =>
      nodes.flatMap((node) => (node.children.length === 0 ? [node] : leaves(node.children)));
    const all = leaves(payload);
    expect(all).toHaveLength(400);
    expect(new Set(all.map(({ path }) => path.length))).toEqual(new Set([4, 5]));
    expect(all.every(({ id, path }) => path[0] === 1 && path.at(-1) === id)).toBe(true);
  });

  it('shows one category with its children', async () => {
    const { ask } = await serve();
    const response = await ask('https://api.uzum.uz/api/category/v2/10000');
    const { payload } = (await response.json()) as {
      payload: { category: { id: number; children: unknown[] } };
    };
    expect(payload.category.id).toBe(10_000);
    expect(payload.category.children).toHaveLength(5);
    expect((await ask('https://api.uzum.uz/api/category/v2/1234567')).status).toBe(404);
  });
});

describe("Uzum's makeSearch", () => {
  it('lists every product once over its pages, with the lowest true prices', async () => {
    const served = await serve();
    const things = new Map(
      (await served.lines<Thing>('/truth/uzum')).map((thing) => [thing.externalId, thing]),
    );
    const seen: number[] = [];
    for (let offset = 0; ; offset += 100) {
      const { found } = await search(served, '1', offset, 100);
      const items = found.data?.makeSearch.items ?? [];
      if (items.length === 0) break;
      for (const { catalogCard } of items) {
        seen.push(catalogCard.productId);
        const prices =
          things.get(String(catalogCard.productId))?.offers.map(({ price }) => Number(price)) ?? [];
        expect(catalogCard.minSellPrice).toBe(Math.min(...prices));
      }
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBe(things.size);
  });

  it('refuses without a token', async () => {
    const { status, headers } = await search(await serve(), '1', 0, 10, {});
    expect(status).toBe(401);
    expect(headers.get('x-ext-authz-check-result')).toBe('denied');
  });

  it('refuses an offset beyond 10 000 with HTTP 200', async () => {
    const { status, found } = await search(await serve(), '1', 9_990, 20);
    expect(status).toBe(200);
    expect(found).toEqual({ data: null, errors: [{ message: 'too big query offset' }] });
  });

  it('serves an empty page when told to', async () => {
    const served = await serve();
    await served.turn('uzum', { emptyShare: 1 });
    expect((await search(served, '1', 0, 10)).found.data?.makeSearch).toMatchObject({ items: [], total: 0 });
  });
});
