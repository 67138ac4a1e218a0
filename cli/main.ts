import type { Command } from './command.ts';
import { runCommand } from './run-command.ts';

/** Loaded on use, so that `narx parse` does not pay for the local stack. */
const commands: Record<string, () => Promise<Command>> = {
  archive: async () => (await import('./commands/archive.ts')).archive,
  start: async () => (await import('./commands/start.ts')).start,
  dev: async () => (await import('./commands/dev.ts')).dev,
  checkpoint: async () => (await import('./commands/checkpoint.ts')).checkpoint,
  drill: async () => (await import('./commands/drill.ts')).drill,
  status: async () => (await import('./commands/status.ts')).status,
  dlq: async () => (await import('./commands/dlq.ts')).dlq,
  cost: async () => (await import('./commands/cost.ts')).cost,
  quarantine: async () => (await import('./commands/quarantine.ts')).quarantine,
  export: async () => (await import('./commands/export.ts')).exportHistory,
  bench: async () => (await import('./commands/bench.ts')).bench,
  fetch: async () => (await import('./commands/fetch.ts')).fetch,
  import: async () => (await import('./commands/import.ts')).importHistory,
  'new-marketplace': async () => (await import('./commands/new-marketplace.ts')).newMarketplace,
  pause: async () => (await import('./commands/pause.ts')).pause,
  resume: async () => (await import('./commands/resume.ts')).resume,
  parse: async () => (await import('./commands/parse.ts')).parse,
};

const help = async (): Promise<string> => {
  const loaded = await Promise.all(Object.values(commands).map((load) => load()));
  const rows = loaded.map((command) => `  ${command.name.padEnd(16)} ${command.summary}`);
  return [
    'narx: marketplace price history that does not lose data',
    '',
    ...rows,
    '',
    'narx <command> --help tells more.',
  ].join('\n');
};

/** Runs the command that the first word names, and returns its exit code. */
export async function main(argv: string[]): Promise<number> {
  const [name, ...args] = argv;
  if (name === undefined || name === '--help' || name === 'help') {
    console.log(await help());
    return name === undefined ? 1 : 0;
  }
  const load = commands[name];
  if (!load) {
    console.error(`narx: no command "${name}"; there are ${Object.keys(commands).join(', ')}.`);
    return 1;
  }
  return await runCommand(await load(), args);
}
