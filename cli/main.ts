import { ConfigurationError } from '../functions/core/model/errors.ts';
import { type Command, UsageError } from './command.ts';
import { serviceErrorLine } from './service-error.ts';

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

/** Runs one command and returns its exit code. Expected errors are one line on stderr, never a stack. */
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
  const command = await load();
  if (args.includes('--help')) {
    console.log(command.usage);
    return 0;
  }
  try {
    return await command.run(args);
  } catch (error) {
    if (error instanceof UsageError || isParseArgsError(error))
      console.error(`narx ${name}: ${error.message}`);
    else if (error instanceof ConfigurationError) for (const fault of error.faults) console.error(fault);
    else {
      const line = serviceErrorLine(error);
      if (line === null) throw error;
      console.error(`narx ${name}: ${line}`);
    }
    return 1;
  }
}

/** node:util's parseArgs says in its message which word it did not understand. */
function isParseArgsError(error: unknown): error is Error {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
}
