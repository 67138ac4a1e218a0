/** A subcommand of `narx`. `run` returns the exit code; it throws UsageError for wrong words. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Printed by `narx <name> --help`: the call's form, options and exit codes. */
  readonly usage: string;
  run(args: string[]): Promise<number>;
}

/** One line that says what is wrong and what to do. Printed without a stack; exit code 1. */
export class UsageError extends Error {}
