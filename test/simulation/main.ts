import { parseArgs } from 'node:util';
import { simulate } from './run.ts';
import { describeFailure, shortest } from './shortest.ts';

/** `npm run simulate`: as many random fault schedules as one likes. Exits 1 at the first that breaks a promise. */
const { values } = parseArgs({
  options: { runs: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } },
});
const [runs, first] = [Number(values.runs), Number(values.seed)];
if (!Number.isInteger(runs) || runs < 1 || !Number.isInteger(first)) {
  console.error('--runs and --seed are whole numbers: npm run simulate -- --runs 20000 --seed 1');
  process.exit(2);
}
const began = Date.now();
let calls = 0;
let faults = 0;
for (let seed = first; seed < first + runs; seed += 1) {
  const result = await simulate(seed);
  calls += result.calls;
  faults += result.faults.length;
  if (result.broken !== null) {
    console.error(describeFailure(await shortest(result)));
    process.exit(1);
  }
  if ((seed - first + 1) % 1_000 === 0) console.log(`${seed - first + 1} runs, ${faults} faults`);
}
const seconds = ((Date.now() - began) / 1000).toFixed(1);
console.log(`${runs} runs, ${calls} calls, ${faults} faults: every promise was kept (${seconds} s).`);
