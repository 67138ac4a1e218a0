import { readFileSync } from 'node:fs';
import type { Drill } from './drill.ts';

export const drill: Drill = {
  id: 'F18',
  failure: 'a third of the pages are 150 MB long, in workers that have 512 MB',
  mutation: {
    file: 'functions/adapters/http/exchange.ts',
    find: '    if (this.#bytes > this.#maxBytes) this.#tooLarge();\n',
    replace: '',
    removes: 'the limit of a body while it is read',
    failsWith: /^scrapers that died: /,
  },
  async run(world) {
    const { passes, processes } = world;
    await passes.sweep().done;
    await passes.newPrices();
    const before = world.lambda('Errors', 'scrape', 'uzum');
    const died = (): number => world.lambda('Errors', 'scrape', 'uzum') - before;
    await world.inject('pages grow', () => world.knobs('uzum', { huge: { megabytes: 150, share: 0.3 } }));
    const fired = world.alarms.fires('parse-success');
    // One refresh is over within a period of the alarm; it takes two.
    let seen = false;
    void fired.then(
      () => {
        seen = true;
      },
      () => undefined,
    );
    while (!seen && died() === 0) await passes.refresh().done;
    const peaks = processes.pids('scrape', 'uzum').map(peakMegabytes);
    world.check('scrapers that died', died(), 0);
    world.checkThat(
      'memory of a scraper',
      peaks.every((peak) => peak < 0.85 * 512),
      `peak of ${peaks.join(', ')} MB`,
    );
    await world.knobs('uzum', { huge: null });
    if (died() === 0) await fired;
    await passes.refresh().done;
    world.recovered();
  },
};

/** The most that a process has used in its life. */
function peakMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024);
}
