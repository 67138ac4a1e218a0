/**
 * `npx narx bench pipeline`: throughput of the whole local pipeline beside its limit program, in interleaved rounds, and what
 * storage a pass costs. Prints tables; figures worth keeping go to bench/RESULTS.md by hand, with the machine they are from.
 */
import { parseArgs } from 'node:util';
import { table } from '../cli/table.ts';
import { storagePasses } from './storage-passes.ts';
import { type Rate, type Round, throughputRound } from './throughput.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, json: { type: 'boolean', default: false } },
});
const rounds: Round[] = [];
let storage: Awaited<ReturnType<typeof storagePasses>> = [];
for (let index = 0; index < Number(values.rounds); index += 1) {
  const last = index === Number(values.rounds) - 1;
  rounds.push(
    await throughputRound(index % 2 === 1, async (session) => {
      if (last) storage = await storagePasses(session);
    }),
  );
}

const fixed = (value: number, digits: number): string => value.toFixed(digits);
const median = (list: number[]): number => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;
const cpu = (rate: Rate): string =>
  Object.entries(rate.cpuMs)
    .map(([name, ms]) => `${name} ${fixed(ms, 3)}`)
    .join(', ');

if (values.json) console.log(JSON.stringify({ rounds, storage }, null, 2));
else {
  console.log(
    table(
      ['round', 'limit/s', 'pipeline/s', 'ratio', 'limit/s, steady', 'pipeline/s, steady', 'ratio, steady'],
      rounds.map(({ limit, pipeline, ratio, steadyRatio }, index) => [
        String(index + 1),
        fixed(limit.perSecond, 0),
        fixed(pipeline.perSecond, 0),
        fixed(ratio, 2),
        fixed(limit.steadyPerSecond, 0),
        fixed(pipeline.steadyPerSecond, 0),
        fixed(steadyRatio, 2),
      ]),
    ),
  );
  console.log(
    `\nmedian ratio ${fixed(median(rounds.map(({ ratio }) => ratio)), 2)} over the whole pass, ${fixed(median(rounds.map(({ steadyRatio }) => steadyRatio)), 2)} in its middle (at least 0.45; aim 0.6)`,
  );
  const work = (rate: Rate): number => Object.values(rate.cpuMs).reduce((sum, ms) => sum + ms, 0);
  console.log(
    `median ratio of CPU time ${fixed(median(rounds.map(({ limit, pipeline }) => work(limit) / work(pipeline))), 2)}`,
  );
  const last = rounds.at(-1);
  if (last)
    console.log(
      `\nCPU ms per product, last round\n  limit     ${cpu(last.limit)} (${fixed(work(last.limit), 3)})\n  pipeline  ${cpu(last.pipeline)} (${fixed(work(last.pipeline), 3)})\n`,
    );
  console.log(
    table(
      ['pass', 'products', 'bytes a product', 'added a product', 'price points added', 'SKUs changed'],
      storage.map((pass) => [
        pass.name,
        String(pass.products),
        fixed(pass.bytes / pass.products, 0),
        fixed(pass.addedBytes / pass.products, 0),
        String(pass.pricePointsAdded),
        pass.skusChanged,
      ]),
    ),
  );
}
