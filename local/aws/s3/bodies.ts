import { createHash, randomUUID } from 'node:crypto';
import { closeSync, createReadStream, linkSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { type ChecksumAlgorithm, newChecksum } from './checksums.ts';

/** Bytes on disk. A file is written once and never changed. */
export interface StoredBody {
  file: string;
  size: number;
  /** In hexadecimal. */
  md5: string;
}

/** Up to here one synchronous call is cheaper than the three turns of the thread pool that a file takes. */
const smallBytes = 65_536;

/** The bodies of all objects, each in a file of its own below one folder that belongs to the emulator alone. */
export class Bodies {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Takes `dataDir/bodies` and empties it: what an earlier run left there belongs to no object any more. */
  static async in(dataDir: string): Promise<Bodies> {
    const bodies = new Bodies(join(dataDir, 'bodies'));
    await bodies.clear();
    await mkdir(bodies.#folder, { recursive: true });
    return bodies;
  }

  async clear(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Writes a new file. `observe` sees every piece as it passes. Leaves nothing behind when the source fails. */
  async write(source: AsyncIterable<Buffer>, observe: (bytes: Buffer) => void): Promise<StoredBody> {
    const file = join(this.#folder, randomUUID());
    const md5 = createHash('md5');
    const first: Buffer[] = [];
    let size = 0;
    let handle: FileHandle | null = null;
    try {
      for await (const bytes of source) {
        md5.update(bytes);
        observe(bytes);
        size += bytes.length;
        if (size <= smallBytes) {
          first.push(bytes);
        } else {
          handle ??= await open(file, 'wx');
          await handle.writeFile(Buffer.concat([...first.splice(0), bytes]));
        }
      }
      if (handle === null) writeFileSync(file, Buffer.concat(first), { flag: 'wx' });
    } catch (error) {
      this.remove(file);
      throw error;
    } finally {
      await handle?.close();
    }
    return { file, size, md5: md5.digest('hex') };
  }

  /** Joins files into a new one, and computes a checksum over the whole when one is asked for. */
  async join(
    files: readonly string[],
    algorithm: ChecksumAlgorithm | null,
  ): Promise<StoredBody & { checksum: string | null }> {
    const checksum = algorithm === null ? null : newChecksum(algorithm);
    async function* pieces(): AsyncGenerator<Buffer> {
      for (const file of files) yield* createReadStream(file) as AsyncIterable<Buffer>;
    }
    const body = await this.write(pieces(), (bytes) => checksum?.update(bytes));
    return { ...body, checksum: checksum?.base64() ?? null };
  }

  /** A second name for the same bytes, which outlives the first. */
  copy(file: string): string {
    const copy = join(this.#folder, randomUUID());
    linkSync(file, copy);
    return copy;
  }

  /** Reads or opens at once, so that the bytes stay readable even if the object is replaced while they are sent. */
  read(file: string, start: number, end: number): Readable | Buffer {
    const fd = openSync(file, 'r');
    if (end - start >= smallBytes) return createReadStream(file, { fd, start, end });
    try {
      const bytes = Buffer.alloc(end - start + 1);
      readSync(fd, bytes, 0, bytes.length, start);
      return bytes;
    } finally {
      closeSync(fd);
    }
  }

  remove(file: string): void {
    rmSync(file, { force: true });
  }
}
