import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/setup/clouds.ts'],
    pool: 'forks',
    // The clouds under test do the work; two files at a time keep both cores busy.
    maxWorkers: 2,
    // Cells of the failure matrix mostly wait for timeouts to pass.
    maxConcurrency: 30,
    // A boot that waits out a heartbeat or a restart takes tens of seconds; nothing waits by the clock.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    // Stopping a cloud waits for steps under way.
    teardownTimeout: 60_000,
    reporters: ['default', ['json', { outputFile: 'node_modules/.cache/novaflow-tests.json' }]],
  },
});
