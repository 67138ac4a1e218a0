import { status } from '../commands/status.ts';
import { runCommand } from '../run-command.ts';

/** `narx status` alone, without the table of all commands: what is bundled. */
export const main = (argv: string[]): Promise<number> => runCommand(status, argv.slice(1));
