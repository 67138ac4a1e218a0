import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks per second of /proc/<pid>/stat. */
const hertz = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).trim());

interface ProcessTimes {
  parent: number;
  seconds: number;
  /** Of children that have ended; part of `seconds`. */
  endedSeconds: number;
}

/** CPU seconds that a process has used itself, with its children that have ended. Linux only. */
function timesOf(pid: number): ProcessTimes | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const spent = (user: number, system: number): number =>
      ((fields[user] ?? 0) + (fields[system] ?? 0)) / hertz;
    const endedSeconds = spent(13, 14);
    return { parent: fields[1] ?? 0, seconds: spent(11, 12) + endedSeconds, endedSeconds };
  } catch {
    return null;
  }
}

/** CPU seconds of some processes and everything below them, as they are now. */
export function cpuSeconds(roots: readonly number[]): number {
  const all = new Map<number, ProcessTimes>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const times = Number.isInteger(pid) ? timesOf(pid) : null;
    if (times) all.set(pid, times);
  }
  const below = (pid: number): number => {
    let sum = all.get(pid)?.seconds ?? 0;
    for (const [child, times] of all) if (times.parent === pid) sum += below(child);
    return sum;
  };
  return roots.reduce((sum, pid) => sum + below(pid), 0);
}

/** CPU seconds of the children of a process that have ended. */
export function endedCpuSeconds(pid: number): number {
  return timesOf(pid)?.endedSeconds ?? 0;
}
