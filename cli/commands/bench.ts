import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { manifests } from '../../functions/marketplaces/manifests.ts';
import { type Command, UsageError } from '../command.ts';

/** A whole number within these bounds. */
type Bounds = readonly [least: number, most: number];
interface Program {
  numbers: Readonly<Record<string, Bounds>>;
  texts?: readonly string[];
  hasJson?: true;
  /** What may follow without an option's name. */
  words?: readonly string[];
}

/** Each is a program of its own in bench/, because what it measures must not share a process with anything. */
export const benchPrograms: Readonly<Record<string, Program>> = {
  pipeline: { numbers: { rounds: [1, 100] }, hasJson: true },
  parse: { numbers: {}, words: manifests.map(({ id }) => id) },
  soak: { numbers: { invocations: [10, 10_000_000] } },
  storage: {
    numbers: { products: [1, 10_000_000], days: [1, 10_000], 'naive-products': [1, 10_000_000] },
    hasJson: true,
  },
  archive: { numbers: { points: [10, 100_000_000] }, hasJson: true },
  api: { numbers: { products: [1_000, 10_000_000], requests: [10, 1_000_000] }, texts: ['data'] },
};

export const bench: Command = {
  name: 'bench',
  summary: 'throughput beside a limit program, parsing speed, storage, archive',
  usage: `narx bench [pipeline] [--rounds N] [--json]
narx bench parse [marketplace ...]
narx bench soak [--invocations N]
narx bench storage [--products N] [--days N] [--naive-products N] [--json]
narx bench archive [--points N] [--json]
narx bench api [--products N] [--requests N] [--data FOLDER]

pipeline  measures the whole local pipeline (simulator, scrape, queue, store, Postgres with durable settings) beside a
          limit program, in N interleaved rounds (3), then the storage that passes cost. About two minutes a round.
          Linux only (reads CPU times from /proc).
parse     measures each marketplace's parser beside bare JSON.parse of the same bodies.

soak      invokes scrape and store 10,000 times each, in one environment, and compares memory, sockets and files of the
          last tenth with the second; exits 1 when they are not level. Some minutes. Linux only.
storage   stores N products (500,000) of four SKUs, visits all of them daily for N days (30) while 5 % of SKUs change, and
          tells bytes, WAL, HOT updates and bloat, beside a row per scrape with its raw JSON (of N naive products,
          1,000, scaled). Nearly an hour; it checks first that the disk has room, 7 GB with the defaults.
archive   fills a month with N price points (10,000,000), then archives, verifies and restores it with narx archive, and
          compares what readers see by a checksum; exits 1 when it differs. Half an hour. Linux only.

api       the read API's answers, route by route, with 500,000 products and ten million price points; exits 1 when the 99th
          percentile of one is above 50 ms. Filling takes some minutes and 6 GB; --data keeps it in FOLDER for the next run.

Leave the machine alone meanwhile. Figures worth keeping are in bench/RESULTS.md.

Exit codes: 0 measured; 1 it did not run, was called wrongly, or did not hold what it must.`,
  async run(args) {
    const [name, words] = programOf(args);
    const script = fileURLToPath(new URL(`../../bench/${name}.ts`, import.meta.url));
    const child = spawn(process.execPath, [script, ...words], { stdio: 'inherit' });
    return new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)));
  },
};

/** Which program is called with which words. Throws a UsageError, or parseArgs' own, for what it would not understand. */
function programOf(args: readonly string[]): [name: string, words: string[]] {
  const isNamed = args[0] !== undefined && !args[0].startsWith('-');
  const name = isNamed ? (args[0] ?? '') : 'pipeline';
  const words = args.slice(isNamed ? 1 : 0);
  const program = Object.hasOwn(benchPrograms, name) ? benchPrograms[name] : undefined;
  if (program === undefined)
    throw new UsageError(
      `there is no benchmark "${name}"; there are ${Object.keys(benchPrograms).join(', ')}.`,
    );
  const { numbers, texts = [], hasJson, words: known } = program;
  const options: ParseArgsOptionsConfig = hasJson ? { json: { type: 'boolean' } } : {};
  for (const option of [...Object.keys(numbers), ...texts]) options[option] = { type: 'string' };
  const { values, positionals } = parseArgs({
    args: words,
    options,
    allowPositionals: known !== undefined,
  });
  const unknown = positionals.find((word) => known?.includes(word) !== true);
  if (unknown !== undefined)
    throw new UsageError(`${name}: there is no "${unknown}"; there are ${known?.join(', ')}.`);
  for (const [option, [least, most]] of Object.entries(numbers))
    checkNumber(option, values[option], least, most);
  return [name, words];
}

function checkNumber(option: string, stated: unknown, least: number, most: number): void {
  if (stated === undefined) return;
  const isWithin = /^\d+$/.test(String(stated)) && Number(stated) >= least && Number(stated) <= most;
  if (isWithin) return;
  throw new UsageError(
    `--${option} is a whole number from ${least.toLocaleString('en')} to ${most.toLocaleString('en')}, not "${String(stated)}".`,
  );
}
