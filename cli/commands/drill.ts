import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Drill, failures } from '../../drills/drill.ts';
import { printDrills, printProofs, printRows } from '../../drills/harness/print.ts';
import { type Proof, prove } from '../../drills/harness/prove.ts';
import { drillFiles, failureWithout, loadDrills } from '../../drills/harness/registry.ts';
import type { DrillResult } from '../../drills/harness/result.ts';
import { runDrill, runDrills } from '../../drills/harness/runner.ts';
import { type Command, UsageError } from '../command.ts';
import { defaultFolder } from '../stage/options.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export const drill: Command = {
  name: 'drill',
  summary: 'injects failures into the running stack and checks that nothing is lost',
  usage: `narx drill [ids] [options]   (npm run drill -- F17 F26)

Runs the failure drills with these ids, or all: each starts a stack of its own from the synthesized template, with
simulated marketplaces, injects the failure, waits for the recovery, and compares the database with the books and with
the simulator's ground truth. Prints a table and writes drills.json into the folder. docs/failure-modes.md explains each.

  --list             what there is
  --prove            run each drill on a copy of the sources without its protection: it must fail then
  --jobs N           so many drills at a time (2; 1 on a machine with one core)
  --seed N           which blows fall where a drill leaves that to chance, as F22b does (1)
  --keep             leave the folders (state, logs) of drills that passed, too
  --folder PATH      where drills.json and the drills' folders are kept (.narx)
  --json             print drills.json, or the proofs, instead of the table

Exit codes: 0 all passed (with --prove: all were proven); 1 one did not.`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        list: { type: 'boolean', default: false },
        prove: { type: 'boolean', default: false },
        jobs: { type: 'string' },
        seed: { type: 'string', default: '1' },
        keep: { type: 'boolean', default: false },
        folder: { type: 'string', default: defaultFolder },
        json: { type: 'boolean', default: false },
      },
    });
    const drills = await chosen(positionals);
    if (values.list) return list(drills, values.json);
    const folder = resolve(values.folder);
    mkdirSync(folder, { recursive: true });
    const tell = (line: string): void => void process.stderr.write(`${line}\n`);
    const shared = join(folder, 'drills', 'shared');
    // Postgres and Node may have been replaced since the last time.
    rmSync(shared, { recursive: true, force: true });
    mkdirSync(shared, { recursive: true });
    const options = {
      root,
      folder: join(folder, 'drills'),
      shared,
      keep: values.keep,
      seed: seed(values.seed),
      tell,
    };
    const atATime = jobs(values.jobs);
    if (values.prove) return proveAll(drills, atATime, options, values.json);
    const startedAt = performance.now();
    const results = await runDrills(drills, atATime, (one) => runDrill(one, options));
    const rows = results.map(({ row }) => row);
    const json = JSON.stringify(rows, null, 2);
    writeFileSync(join(folder, 'drills.json'), `${json}\n`);
    for (const result of results) if (!result.row.pass) tell(failure(result, options.folder));
    console.log(values.json ? json : `\n${printRows(rows, process.stdout.columns)}`);
    const passed = rows.filter(({ pass }) => pass).length;
    tell(
      `${passed} of ${rows.length} drills passed in ${Math.round((performance.now() - startedAt) / 1000)} s.`,
    );
    return passed === rows.length ? 0 : 1;
  },
};

async function chosen(ids: readonly string[]): Promise<Drill[]> {
  const known = drillFiles().map(({ id }) => id);
  for (const id of ids) {
    if (known.some((other) => other === id || other.slice(0, 3) === id)) continue;
    const failure = failureWithout(id);
    throw new UsageError(
      failure === null
        ? `there is no failure "${id}"; narx drill --list shows what there is.`
        : `${id} (${failure}) has no drill; narx drill --list shows what there is.`,
    );
  }
  return loadDrills(ids);
}

function jobs(text: string | undefined): number {
  const count = text === undefined ? Math.min(2, availableParallelism()) : Number(text);
  if (!Number.isSafeInteger(count) || count < 1)
    throw new UsageError(`--jobs must be a whole number from 1, not "${text}"`);
  return count;
}

function seed(text: string): number {
  const drawn = Number(text);
  if (!Number.isSafeInteger(drawn) || drawn < 0)
    throw new UsageError(`--seed must be a whole number from 0, not "${text}"`);
  return drawn;
}

function list(drills: readonly Drill[], json: boolean): number {
  const rows = drills.map(({ id, failure, mutation }) => ({ id, failure, without: mutation.removes }));
  console.log(json ? JSON.stringify(rows, null, 2) : printDrills(rows, process.stdout.columns));
  const without = Object.entries(failures).filter(([id]) => !drills.some((one) => one.id.startsWith(id)));
  if (!json) console.log(`\nWithout a drill: ${without.map(([id]) => id).join(' ')}`);
  return 0;
}

/** What was expected and seen, and where to look. */
function failure({ row, failed }: DrillResult, folder: string): string {
  const where = join(folder, row.id, 'logs');
  return [`\n${row.id} FAILED`, ...failed.map((reason) => `  ${reason}`), `  logs: ${where}`].join('\n');
}

async function proveAll(
  drills: readonly Drill[],
  atATime: number,
  options: Parameters<typeof prove>[1],
  json: boolean,
): Promise<number> {
  const proofs: Proof[] = [];
  await runDrills(drills, atATime, async (one) => {
    const { proof, result } = await prove(one, options);
    proofs.push(proof);
    options.tell(
      `${one.id}: ${proof.proven ? 'fails without' : 'NOT PROVEN without'} ${proof.removed}: ${proof.because}`,
    );
    return result;
  });
  proofs.sort((a, b) => a.id.localeCompare(b.id));
  console.log(json ? JSON.stringify(proofs, null, 2) : `\n${printProofs(proofs, process.stdout.columns)}`);
  return proofs.every(({ proven }) => proven) ? 0 : 1;
}
