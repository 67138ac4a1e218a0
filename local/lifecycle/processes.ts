import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Whether a process with this id runs. A zombie counts as gone: it holds nothing any more. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it exists, under another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return procStat(pid)?.state !== 'Z';
}

/**
 * Something that tells this process from a later one that was given the same id: its start time as the kernel has it.
 * Null when there is no such process.
 */
export function processIdentity(pid: number): string | null {
  if (process.platform === 'linux') return procStat(pid)?.startTicks ?? null;
  return ps(pid, 'lstart=');
}

/** The process that it is a child of at this moment; null when there is no such process. */
export function parentOf(pid: number): number | null {
  if (process.platform === 'linux') return procStat(pid)?.parent ?? null;
  const text = ps(pid, 'ppid=');
  return text === null ? null : Number(text);
}

/** The command line with its words separated by blanks; null when there is no such process or it is not ours to read. */
export function commandLine(pid: number): string | null {
  if (process.platform !== 'linux') return ps(pid, 'command=');
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return null;
  }
}

/**
 * Sends the signals in turn, waiting up to `graceMs` after each for the process to go. True when it is gone.
 * The caller has made sure that the process is ours.
 */
export async function terminate(
  pid: number,
  signals: readonly NodeJS.Signals[],
  graceMs: number,
): Promise<boolean> {
  for (const signal of signals) {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ESRCH') return true;
      return false;
    }
    const deadline = performance.now() + graceMs;
    while (performance.now() < deadline) {
      if (!isAlive(pid)) return true;
      await sleep(10);
    }
  }
  return !isAlive(pid);
}

function procStat(pid: number): { state: string; parent: number; startTicks: string } | null {
  if (process.platform !== 'linux') return null;
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in brackets and may itself hold blanks and brackets.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', parent: Number(fields[1]), startTicks: fields[19] ?? '' };
  } catch {
    return null;
  }
}

function ps(pid: number, column: string): string | null {
  try {
    return execFileSync('ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8' }).trim() || null;
  } catch {
    return null;
  }
}
