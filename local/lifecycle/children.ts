import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { standBack } from './priority.ts';
import { isAlive, processIdentity, terminate } from './processes.ts';

interface ChildRecord {
  pid: number;
  /** Start time: a later process with the same id is not ours. */
  identity: string;
  title: string;
}

/**
 * The processes that a runner has started, one small file each, so that the next runner can end what an unlucky kill
 * left. Every child also exits by itself when its standard input closes; this is for those that cannot (a busy loop).
 */
export class ChildRegistry {
  readonly #folder: string;
  #inBackground = false;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true });
  }

  /** Children that are added from now on let other processes of the machine go first. */
  keepInBackground(): void {
    this.#inBackground = true;
  }

  add(pid: number, title: string): void {
    const identity = processIdentity(pid);
    if (identity === null) return;
    if (this.#inBackground) standBack(pid);
    const record: ChildRecord = { pid, identity, title };
    try {
      writeFileSync(path.join(this.#folder, `${pid}.json`), JSON.stringify(record));
    } catch {
      // A full disk: the child lives all the same, and ends with its standard input.
    }
  }

  remove(pid: number): void {
    rmSync(path.join(this.#folder, `${pid}.json`), { force: true });
  }

  /** Ends the registered processes that still run, if they are provably the registered ones. Resolves with their titles. */
  async stopAll(graceMs = 2_000): Promise<string[]> {
    const stopped = await Promise.all(
      readdirSync(this.#folder).map(async (file) => {
        const record = readRecord(path.join(this.#folder, file));
        const ours =
          record !== null && isAlive(record.pid) && processIdentity(record.pid) === record.identity;
        if (ours) await terminate(record.pid, ['SIGTERM', 'SIGKILL'], graceMs);
        rmSync(path.join(this.#folder, file), { force: true });
        return ours ? [record.title] : [];
      }),
    );
    return stopped.flat();
  }
}

function readRecord(file: string): ChildRecord | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ChildRecord;
  } catch {
    // Cut short by the kill that left it: without an identity nothing can be proven.
    return null;
  }
}
