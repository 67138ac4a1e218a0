import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigurationError } from '../../functions/core/model/errors.ts';
import type { ConfigInput } from './schema.ts';

const file = new URL('../../narx.config.ts', import.meta.url);
const name = basename(fileURLToPath(file));

/**
 * What the configuration file exports as `config`; `loadConfig` checks it. Throws a ConfigurationError of one sentence
 * when the file is missing, is not TypeScript, or fails while it is loaded.
 */
export async function readConfig(
  file: URL = new URL('../../narx.config.ts', import.meta.url),
): Promise<ConfigInput> {
  const name = basename(fileURLToPath(file));
  const exported: unknown = await import(file.href).catch((error: unknown) => {
    throw new ConfigurationError([loadFault(error)]);
  });
  const { config } = exported as { config?: ConfigInput };
  if (config === undefined)
    throw new ConfigurationError([
      `${name}: exports no config; the settings must be in \`export const config: ConfigInput = { … };\`.`,
    ]);
  return config;
}

function loadFault(error: unknown): string {
  if (!(error instanceof Error)) return `${name}: threw ${String(error)} while it was loaded.`;
  if (error.message.startsWith(`Cannot find module '${fileURLToPath(file)}'`))
    return `${name}: there is no such file; take it back from version control.`;
  const line = lineOf(error);
  const place = line === null ? name : `${name}: line ${line}`;
  const reason = error.message.replace(/\s+/g, ' ').replace(/\.$/, '');
  return error instanceof SyntaxError
    ? `${place} is not valid TypeScript: ${reason}.`
    : `${place} cannot be loaded: ${reason}.`;
}

/** Node names the line at the top of a syntax error's stack, and in the first frame of any other error's. */
function lineOf(error: Error): string | null {
  const path = fileURLToPath(file).replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?:^|at |\\(|file://)${path}:(\\d+)`, 'm').exec(error.stack ?? '')?.[1] ?? null;
}
