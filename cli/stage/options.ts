import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Beside the project, wherever a command is called. */
export const defaultFolder = fileURLToPath(new URL('../../.narx', import.meta.url));

/** Options of every command that looks at a running stage, for node:util's parseArgs. */
export const stageOptions = {
  stage: { type: 'string' },
  folder: { type: 'string', default: defaultFolder },
  json: { type: 'boolean', default: false },
} as const;

export const stageUsage = `  --stage NAME     a deployed stage, with the AWS profile and region of your shell; without it: the stack that runs here
  --folder PATH    folder of the stack that runs here (.narx)
  --json           print JSON`;

/** Where a stack that uses this folder writes down that it runs. */
export function stackFile(folder: string): string {
  return join(resolve(folder), 'stack.json');
}
