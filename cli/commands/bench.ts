import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Command, UsageError } from '../command.ts';

/** Each is a program of its own in bench/: what it measures must not share a process with anything. */
const programs = ['pipeline', 'parse', 'soak', 'storage', 'archive', 'api'] as const;

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

Exit codes: 0 measured; 1 it did not run.`,
  async run(args) {
    const [first] = args;
    const named = programs.find((program) => program === first);
    if (first !== undefined && named === undefined && !first.startsWith('-'))
      throw new UsageError(`there is no benchmark "${first}"; there are ${programs.join(', ')}.`);
    const script = fileURLToPath(new URL(`../../bench/${named ?? 'pipeline'}.ts`, import.meta.url));
    const child = spawn(process.execPath, [script, ...(named ? args.slice(1) : args)], { stdio: 'inherit' });
    return new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)));
  },
};
