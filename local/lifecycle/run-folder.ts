import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { ChildRegistry } from './children.ts';
import { isAlive, processIdentity } from './processes.ts';

interface Runner {
  pid: number;
  identity: string;
  /** The command, as a person would type it. */
  title: string;
}

/** The `.narx` folder while one runner owns it. */
export interface RunFolder {
  readonly folder: string;
  readonly children: ChildRegistry;
  /** Titles of processes of an earlier runner that were still there and have been ended. */
  readonly leftovers: string[];
  /** Gives the folder up. Files in it stay, but for the lock. */
  release(): void;
}

/**
 * Takes the folder for this process and ends what an earlier runner left behind. Throws one sentence when that runner is
 * alive; two runners that start at once cannot both get it.
 */
export async function claimRunFolder(folder: string, title: string): Promise<RunFolder> {
  mkdirSync(folder, { recursive: true });
  const lock = path.join(folder, 'runner.lock');
  const mine = path.join(folder, `runner.${process.pid}`);
  const runner: Runner = { pid: process.pid, identity: processIdentity(process.pid) ?? '', title };
  writeFileSync(mine, JSON.stringify(runner));
  try {
    while (!tryLink(mine, lock)) clearStale(folder, lock);
  } finally {
    rmSync(mine, { force: true });
  }
  const children = new ChildRegistry(path.join(folder, 'children'));
  const leftovers = await children.stopAll();
  return { folder, children, leftovers, release: () => rmSync(lock, { force: true }) };
}

/** Linking a finished file, unlike creating one, never shows others a lock that is half written. */
function tryLink(file: string, lock: string): boolean {
  try {
    linkSync(file, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function clearStale(folder: string, lock: string): void {
  const seen = readLock(lock);
  if (seen === null) return;
  refuseLive(seen, folder);
  const aside = `${lock}.${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  // Another runner may have replaced the stale lock in between: then what was moved away is alive.
  const moved = readLock(aside);
  const alive = moved !== null && isRunning(moved);
  if (alive) tryLink(aside, lock);
  rmSync(aside, { force: true });
  if (alive) refuseLive(moved, folder);
}

function refuseLive(runner: Runner, folder: string): void {
  if (isRunning(runner))
    throw new Error(
      `${runner.title} is running (process ${runner.pid}) and uses ${folder}: stop it first, or wait for it.`,
    );
}

function isRunning(runner: Runner): boolean {
  return isAlive(runner.pid) && processIdentity(runner.pid) === runner.identity;
}

function readLock(file: string): Runner | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Runner;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    // Not something that a runner wrote: nobody owns it.
    return { pid: -1, identity: '', title: 'unknown' };
  }
}
