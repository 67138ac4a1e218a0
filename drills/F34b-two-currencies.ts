import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Drill } from './drill.ts';

const dayMs = 86_400_000;
/** Ids that the simulated marketplace does not have. */
const firstId = 9_000_001;

export const drill: Drill = {
  id: 'F34b',
  failure: 'prices of the same products arrive in roubles, and a day later in sums',
  mutation: {
    file: 'functions/core/store.ts',
    find: '  metrics.count(metric.currencyChanges, counts.currencyChanges);\n',
    replace: '',
    removes: 'the count of changed currencies',
    failsWith: /^alarm currency-changed goes to ALARM/,
  },
  async run(world) {
    const folder = mkdtempSync(join(tmpdir(), 'narx-F34b-'));
    const send = async (currency: string, daysAgo: number): Promise<void> => {
      const csv = join(folder, `${currency}.csv`);
      const at = new Date(Date.now() - daysAgo * dayMs).toISOString();
      const rows = Array.from(
        { length: 20 },
        (_, i) => `${firstId + i},${at},${firstId + i}1,${100 + i},Piyola`,
      );
      writeFileSync(csv, ['external_id,observed_at,sku_id,price,title', ...rows].join('\n'));
      const { code, stderr } = await world.operator.looks(
        `npx narx import ${csv} --marketplace uzum --currency ${currency} --json`,
      );
      world.checkThat(`the import in ${currency}`, code === 0, stderr);
      await world.until('the store has worked off the import', () => {
        const { visible, inFlight, delayed } = world.queue('ecommerce-snapshots');
        return visible + inFlight + delayed === 0;
      });
    };
    try {
      await send('RUB', 2);
      await world.alarms.areOk(['currency-changed']);
      await world.inject('the same products, in sums', () => send('UZS', 1));
      await world.alarms.fires('currency-changed');
      await world.alarms.clears('currency-changed');
      world.recovered();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
