import { ConfigurationError } from '../functions/core/model/errors.ts';
import { type Command, UsageError } from './command.ts';
import { serviceErrorLine } from './service-error.ts';

/** Runs a command and returns its exit code. Expected errors are one line on stderr, never a stack. */
export async function runCommand(command: Command, args: string[]): Promise<number> {
  if (args.includes('--help')) {
    console.log(command.usage);
    return 0;
  }
  try {
    return await command.run(args);
  } catch (error) {
    const { name } = command;
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
