import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Two cores: more workers only make the real Postgres tests slower.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    restoreMocks: true,
    reporters: ['default', './test/support/closing-line.ts'],
    // Deliberately odd, so that a test that depends on the machine's own time zone fails.
    env: { TZ: 'Pacific/Chatham' },
  },
});
