import type { Drill } from './drill.ts';

/** The way to the database and back, as it is between two zones under load. */
const wayMs = 100;
/** At most three statements a request, and what a busy machine adds. */
const mostMs = 3 * wayMs + 700;

export const drill: Drill = {
  id: 'F07',
  failure: 'the way to the database takes a tenth of a second while lists of a hundred are read',
  mutation: {
    file: 'functions/core/api/answer.ts',
    find: '  const { items, next } = page(rows, limit, filters);\n  return { items, matches,',
    replace:
      '  const { items, next } = page(rows, limit, filters);\n  for (const item of items) await reader.product(item);\n  return { items, matches,',
    removes: 'the one statement for all rows of a list',
    failsWith: /^slowest answer: /,
  },
  async run(world) {
    const { passes, stack } = world;
    const [api = ''] = Object.values(stack.httpApis);
    await passes.sweep().done;
    const ask = async (path: string): Promise<{ ms: number; items: unknown[] }> => {
      const start = performance.now();
      const response = await fetch(api + path);
      const { items = [] } = (await response.json()) as { items?: unknown[] };
      return { ms: Math.round(performance.now() - start), items };
    };
    const list = '/products?marketplace=uzum&limit=100';
    const [one] = (await ask(list)).items as { marketplace: string; kind: string; externalId: string }[];
    const product = `/products/${one?.marketplace}/${one?.kind}/${one?.externalId}`;
    const paths = [list, product, `${product}/history?limit=500`, '/drops?limit=100'];

    await world.inject(`every answer of the database comes ${wayMs} ms later`, () =>
      world.postgres().delay(wayMs),
    );
    const refresh = passes.refresh();
    const took: string[] = [];
    let slowest = 0;
    for (const path of [...paths, ...paths]) {
      const { ms, items } = await ask(path);
      if (path === list) world.check('products in the list', items.length, 100);
      slowest = Math.max(slowest, ms);
      took.push(`${path.split('?')[0]} ${ms} ms`);
    }
    world.seenThrough('how long an answer takes');
    world.checkThat(
      'slowest answer',
      slowest <= mostMs,
      `expected at most ${mostMs} ms, saw ${took.join(', ')}`,
    );
    world.postgres().restore();
    await refresh.done;
    world.recovered();
    world.check('alarms of the API', world.alarms.on('api-slow'), []);
  },
};
