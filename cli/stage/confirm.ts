import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import { UsageError } from '../command.ts';

/** The option that answers beforehand. */
export const confirmOptions = { yes: { type: 'boolean', default: false } } as const;

/**
 * Asks before something that cannot be taken back; anything but `y` or `yes` is a no. With `yes` it does not ask. Throws a
 * UsageError when nobody is there to answer.
 */
export async function confirmed(
  question: string,
  { yes }: { yes: boolean },
  streams: { input: NodeJS.ReadStream; output: NodeJS.WritableStream } = {
    input: process.stdin,
    output: process.stderr,
  },
): Promise<boolean> {
  if (yes) return true;
  if (!streams.input.isTTY)
    throw new UsageError(`${question} Nobody is here to answer: add --yes if that is meant.`);
  const terminal = createInterface(streams);
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
