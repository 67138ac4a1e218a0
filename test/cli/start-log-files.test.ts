import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { openLogFiles } from '../../cli/start/log-files.ts';

it.skipIf(process.platform !== 'linux')(
  'a full disk costs lines of the log, is told once, and the log goes on when there is room',
  async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'narx-logs-')), 'logs');
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const told: string[] = [];
    let now = 0;
    const logs = openLogFiles(
      folder,
      (sentence) => told.push(sentence),
      () => now,
    );
    const file = join(folder, 'store.log');
    // Whatever is written there meets a device without room.
    symlinkSync('/dev/full', file);
    logs.write('store', 'lost');
    await vi.waitUntil(() => told.length > 0);
    expect(told).toEqual([expect.stringMatching(/ENOSPC/)]);
    logs.write('store', 'left out');

    rmSync(file);
    now += 1_000;
    logs.write('store', 'kept');
    logs.write('scrape', 'kept too');
    logs.close();
    await vi.waitFor(() => expect(readFileSync(file, 'utf8')).toBe('kept\n'));
    await vi.waitFor(() => expect(readFileSync(join(folder, 'scrape.log'), 'utf8')).toBe('kept too\n'));
    expect(told).toHaveLength(1);
  },
);
