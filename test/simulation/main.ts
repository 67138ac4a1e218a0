import { parseArgs } from 'node:util';
import { describeFault } from './faults.ts';
import { simulate } from './run.ts';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '2000' }, seed: { type: 'string', default: '1' } },
});
const began = Date.now();
let calls = 0;
let points = 0;
let faults = 0;
for (let seed = Number(values.seed); seed < Number(values.seed) + Number(values.runs); seed += 1) {
  const result = await simulate(seed);
  calls += result.calls;
  points += result.pricePoints;
  faults += result.faults.length;
  if (result.broken) {
    console.log(seed, result.broken, result.faults.length);
    if (Number(values.runs) === 1) for (const f of result.faults) console.log('  ', describeFault(f));
  }
}
console.log({ ms: Date.now() - began, calls, points, faults });
