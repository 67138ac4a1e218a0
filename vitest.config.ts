import { defineConfig } from 'vitest/config';

const shared = {
  testTimeout: 30_000,
  hookTimeout: 60_000,
  restoreMocks: true,
  // Deliberately odd, so that a test that depends on the machine's own time zone fails.
  env: { TZ: 'Pacific/Chatham' },
};
/** They import handlers, which are set up once in a process by its environment, or run for a minute. */
const apart = ['test/functions/**/*.test.ts', 'test/e2e/**/*.test.ts', 'test/adapters/vitals.test.ts'];

export default defineConfig({
  test: {
    // Two cores: more workers only make the real Postgres tests slower.
    maxWorkers: 2,
    reporters: ['default', './test/support/closing-line.ts'],
    projects: [
      { test: { ...shared, name: 'apart', include: apart } },
      // A process a file would take longer to start than most files take: what they change outside of themselves they put back.
      {
        test: {
          ...shared,
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: apart,
          isolate: false,
        },
      },
    ],
  },
});
