import { paceSchema } from '../functions/core/model/pace.ts';
import type { Drill } from './drill.ts';

export const drill: Drill = {
  id: 'F35',
  failure: 'the marketplace answers 429 with Retry-After, then slowly',
  mutation: {
    file: 'functions/core/gate/passage.ts',
    find: '          this.#ports.pacer.pushedBack(askedAt, retryAfterMs);\n',
    replace: '',
    removes: 'the pace that falls on pushback',
    failsWith: /^the shared pace has fallen/,
  },
  async run(world) {
    await world.inject('429 from request 100 on, come back in two minutes', () =>
      world.knobs('uzum', { block: { kind: '429-retry-after', afterRequests: 100, retryAfterSeconds: 120 } }),
    );
    let isSeen = false;
    const alarm = world.alarms.fires('throttled-share', { withinS: 60 }).finally(() => {
      isSeen = true;
    });
    alarm.catch(() => undefined);
    await world.passes.sweep().done;
    const pace = async () => {
      const item = await world.coordination.item('PACE#uzum', 'pace');
      return paceSchema.parse(JSON.parse(String(item?.['state'] ?? 'null')));
    };
    await world.until('the shared pace has fallen', async () => (await pace()).rate < 20_000, { withinS: 5 });
    while (!isSeen) await world.passes.refresh().done;
    await alarm;
    world.check('the gate', world.alarms.on('gate-closed'), []);

    await world.knobs('uzum', { block: null, latency: { medianMs: 40, p99Ms: 400 } });
    await world.passes.settle();
    world.recovered();
    await world.passes.newPrices();
    await world.passes.refresh().done;
  },
};
