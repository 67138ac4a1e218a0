import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadConfig } from '../../lib/config/load.ts';
import { readConfig } from '../../lib/config/read.ts';
import { loadTemplate } from '../../local/template/load.ts';
import { type Command, UsageError } from '../command.ts';
import { type Bill, billOf } from '../cost/bill.ts';
import { inventoryOf } from '../cost/inventory.ts';
import { pricesOf } from '../cost/prices.ts';
import { sharedCache, synthesized } from '../start/synthesized.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export const cost: Command = {
  name: 'cost',
  summary: 'what a stage costs in a month, itemised',
  usage: `narx cost [--products N] [--checks-per-day N] [--api-requests N] [--stage NAME] [--json]

Synthesizes the stage, counts in its template what is paid for, and adds what the given volumes cost by measured figures
(cli/cost/measured.ts) and list prices (cli/cost/prices.ts). Every line says by which sum it came about. Nothing is
asked of AWS.

  --products N        products that are watched (500000)
  --checks-per-day N  visits of each product in a day (1)
  --api-requests N    requests to the read API in a month (100000)
  --stage NAME        a stage of narx.config.ts (lean: the smallest sensible instances)
  --json              print JSON

Exit codes: 0 printed; 1 a word or the configuration is wrong.`,
  async run(args) {
    const { values } = parseArgs({
      args,
      options: {
        products: { type: 'string', default: '500000' },
        'checks-per-day': { type: 'string', default: '1' },
        'api-requests': { type: 'string', default: '100000' },
        stage: { type: 'string', default: 'lean' },
        json: { type: 'boolean', default: false },
      },
    });
    const volumes = {
      products: positive('--products', values.products),
      checksPerDay: positive('--checks-per-day', values['checks-per-day']),
      apiRequests: positive('--api-requests', values['api-requests']),
    };
    const config = loadConfig(await readConfig(), values.stage);
    const outDir = await synthesized(root, values.stage, sharedCache(root));
    try {
      const bill = billOf(inventoryOf(loadTemplate(outDir), config), config, volumes);
      console.log(
        values.json
          ? JSON.stringify({ stage: values.stage, ...volumes, prices: pricesOf, ...bill }, null, 2)
          : printed(values.stage, bill),
      );
      return 0;
    } catch (error) {
      if (error instanceof RangeError) throw new UsageError(error.message);
      throw error;
    }
  },
};

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0 || value > 1e12)
    throw new UsageError(`${option} takes a number above 0, not "${text}".`);
  return value;
}

function printed(
  stage: string,
  { lines, totalUsd, visitsPerMonth, usdPerMillionVisits, instead }: Bill,
): string {
  const money = (usd: number): string => usd.toFixed(2).padStart(9);
  const widest = Math.max(...lines.map(({ service, what }) => service.length + what.length + 2));
  return [
    `narx-${stage}: ${Math.round(visitsPerMonth).toLocaleString('en').replaceAll(',', ' ')} visits a month. US dollars a month, list prices of ${pricesOf.region}, ${pricesOf.date}.`,
    '',
    ...lines.map(
      ({ service, what, usd, how }) => `${money(usd)}  ${`${service}, ${what}`.padEnd(widest)}  ${how}`,
    ),
    `${'-'.repeat(9)}`,
    `${money(totalUsd)}  in all; ${usdPerMillionVisits.toFixed(2)} for a million visits`,
    '',
    'The same work otherwise:',
    ...instead.map(({ what, usd }) => `${money(usd)}  ${what}`),
  ].join('\n');
}
