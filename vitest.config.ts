import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/setup/longest-first.js';

/**
 * The three sizes of tests, and the oracle that judges the answers of all of them once they are done. Those of units and
 * services are not isolated: a worker imports what they are of once, and not for each file.
 */
const UNIT = 'test/unit/**/*.test.ts';
const SERVICE = 'test/services/**/*.test.ts';
const JUDGEMENT = 'test/oracle/answers.test.ts';

export default defineConfig({
  test: {
    pool: 'forks',
    // The clouds under test do the work; two files at a time keep both cores busy.
    maxWorkers: 2,
    // What is waited for comes when the machine has time for it, which beside another file's cloud is not within Vitest's second.
    expect: { poll: { timeout: 20_000 } },
    // Stopping a cloud waits for steps under way.
    teardownTimeout: 60_000,
    sequence: { sequencer: LongestFirst },
    // What the build made is imported as it is: a file's transformation of all that it imports took five seconds.
    server: { deps: { external: [/\/dist\//] } },
    reporters: ['default', ['json', { outputFile: 'node_modules/.cache/novaflow-tests.json' }]],
    projects: [
      { extends: true, test: { name: 'unit', include: [UNIT], isolate: false, testTimeout: 30_000 } },
      {
        extends: true,
        test: {
          name: 'service',
          include: [SERVICE],
          isolate: false,
          setupFiles: ['test/setup/hashes.ts'],
          globalSetup: ['test/setup/database.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'flow',
          include: ['test/**/*.test.ts'],
          exclude: [UNIT, SERVICE, JUDGEMENT],
          globalSetup: ['test/setup/clouds.ts'],
          // Cells of the failure matrix mostly wait for timeouts to pass.
          maxConcurrency: 30,
          // A boot that waits out a heartbeat or a restart takes tens of seconds; nothing waits by the clock.
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      // The last group: every answer has been recorded by then.
      {
        extends: true,
        test: { name: 'oracle', include: [JUDGEMENT], testTimeout: 600_000, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
