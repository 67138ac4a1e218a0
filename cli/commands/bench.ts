import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Command } from '../command.ts';

export const bench: Command = {
  name: 'bench',
  summary: 'throughput beside a limit program, and what storage costs',
  usage: `narx bench [--rounds N] [--json]

Measures the whole local pipeline (simulator, scrape, queue, store, Postgres with durable settings) beside a limit
program, in N interleaved rounds (3), then the storage that passes cost. Takes about a minute a round; leave the
machine alone meanwhile. Linux only (reads CPU times from /proc).

Exit codes: 0 measured; 1 it did not run.`,
  async run(args) {
    const script = fileURLToPath(new URL('../../bench/main.ts', import.meta.url));
    const child = spawn(process.execPath, [script, ...args], { stdio: 'inherit' });
    return new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)));
  },
};
