import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { defineConfig } from 'vitest/config';

// `npm run release`: the tests that run the functions' database code, with every statement written down.
const folder = mkdtempSync(join(tmpdir(), 'narx-statements-'));
process.env['NARX_RECORD_STATEMENTS'] = folder;

export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    include: [
      'test/functions/**/*.test.ts',
      'test/archive/**/*.test.ts',
      'test/adapters/postgres/**/*.test.ts',
    ],
    setupFiles: ['test/db/record-statements.ts'],
    globalSetup: ['test/db/write-released.ts'],
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    env: { TZ: 'Pacific/Chatham' },
  },
});
