import { createWriteStream, mkdirSync, rmSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';

/** After a failure nothing is tried for so long: a disk does not empty itself between two lines. */
const PAUSE_MS = 1_000;

export interface LogFiles {
  write(source: string, line: string): void;
  close(): void;
}

/**
 * One file a source in an emptied folder: what its environments wrote, for whoever looks into a run that went wrong. What
 * cannot be written, on a full disk say, is left out and told once to `complain`: the run is worth more than its log.
 */
export function openLogFiles(
  folder: string,
  complain: (sentence: string) => void,
  now: () => number = performance.now.bind(performance),
): LogFiles {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const files = new Map<string, WriteStream>();
  let notBefore = Number.NEGATIVE_INFINITY;
  let told = false;
  const open = (source: string): WriteStream => {
    const file = createWriteStream(join(folder, `${source}.log`), { flags: 'a' });
    file.on('error', (error) => {
      if (files.get(source) === file) files.delete(source);
      notBefore = now() + PAUSE_MS;
      if (!told) complain(`Lines are missing in ${folder}, which cannot be written: ${error.message}`);
      told = true;
    });
    files.set(source, file);
    return file;
  };
  return {
    write: (source, line) => {
      if (now() < notBefore) return;
      (files.get(source) ?? open(source)).write(`${line}\n`);
    },
    close: () => {
      for (const file of files.values()) file.end();
    },
  };
}
