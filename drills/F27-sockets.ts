import { readdirSync, readlinkSync } from 'node:fs';
import type { Drill } from './drill.ts';

const rounds = 3;

export const drill: Drill = {
  id: 'F27',
  failure: 'pages are reset, cut short, too slow and refused, in the same workers for many passes',
  mutation: {
    file: 'functions/adapters/http/fetcher.ts',
    find: '    this.#pools.set(origin, pool);\n',
    replace: '',
    removes: 'the one pool of connections for each host',
    failsWith: /^connections to the marketplace at once: /,
  },
  // Pages that broke are asked for again in the same epoch, some of them served to the last byte.
  expect: { fetchedTwice: Number.POSITIVE_INFINITY },
  takes: 35,
  async run(world) {
    const { passes, processes, session } = world;
    await passes.sweep().done;
    await world.inject('a quarter of the answers break', () =>
      world.knobs('uzum', {
        resetShare: 0.06,
        truncatedShare: 0.06,
        errorShare: 0.06,
        drip: { bytesPerSecond: 2_000, share: 0.03 },
      }),
    );
    const open: { files: number; sockets: number }[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await passes.newPrices();
      await passes.refresh().done;
      const handles = [...processes.pids('scrape', 'uzum'), ...processes.pids('store', 'ecommerce')].map(
        openHandles,
      );
      open.push({
        files: Math.max(...handles.map(({ files }) => files)),
        sockets: Math.max(...handles.map(({ sockets }) => sockets)),
      });
      world.stopwatch.phase(`open in a worker: ${JSON.stringify(open.at(-1))}`);
    }
    world.seenThrough('open handles');
    await world.knobs('uzum', { resetShare: null, truncatedShare: null, errorShare: null, drip: null });
    await passes.settle();
    world.recovered();
    const { maxConcurrency = 0, connectionsPerWorker = 0 } = session.settings.marketplaces['uzum'] ?? {};
    // One that is being closed is still counted at the other end.
    const budget = maxConcurrency * connectionsPerWorker + 4;
    const { maxConnections } = await session.simulator.stats('uzum');
    world.checkThat(
      'connections to the marketplace at once',
      maxConnections <= budget,
      `expected at most ${budget}, saw ${maxConnections}`,
    );
    const [first, last] = [open[0], open.at(-1)];
    world.checkThat(
      'sockets and files of a worker stay level',
      !!first && !!last && last.sockets <= first.sockets + 5 && last.files <= first.files + 5,
      JSON.stringify(open),
    );
  },
};

function openHandles(pid: number): { files: number; sockets: number } {
  const targets = readdirSync(`/proc/${pid}/fd`).map((name) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${name}`);
    } catch {
      return '';
    }
  });
  const sockets = targets.filter((target) => target.startsWith('socket:')).length;
  return { files: targets.length - sockets, sockets };
}
