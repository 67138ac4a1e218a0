import { readFileSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Of 19: a tenth of what others get while they want it, enough to be done in time all the same. */
const NICE = 10;
const ATTEMPTS = 20;

/**
 * Lets other processes go first, as far as the system can be told: whoever types a command beside a busy stack waits for the command
 * only. Never throws; a process that has gone needs nothing.
 */
export function standBack(pid: number): void {
  try {
    setPriority(pid, NICE);
  } catch {
    return;
  }
  lowerAutogroup(pid, ATTEMPTS);
}

/**
 * Linux shares the processor between sessions first, and every child here has its own, in which its nice value says nothing
 * to the others (sched(7), "The autogroup feature"). Of an ordinary user it takes one change in a tenth of a second.
 */
function lowerAutogroup(pid: number, attempts: number): void {
  const file = `/proc/${pid}/autogroup`;
  try {
    // Nothing to read where the feature is off. The runner's own session answers whoever asks: it keeps its share.
    const group = groupIn(file);
    if (group !== undefined && group !== groupIn('/proc/self/autogroup')) writeFileSync(file, String(NICE));
  } catch (error) {
    const isTooSoon = error instanceof Error && 'code' in error && error.code === 'EAGAIN';
    if (isTooSoon && attempts > 1)
      setTimeout(() => lowerAutogroup(pid, attempts - 1), 110 + 50 * Math.random()).unref();
  }
}

/** `/autogroup-17` of `/autogroup-17 nice 0`. */
const groupIn = (file: string): string | undefined =>
  /^\/autogroup-\d+/.exec(readFileSync(file, 'utf8'))?.[0];
