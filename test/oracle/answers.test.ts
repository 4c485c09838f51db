import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import type { RecordedAnswer } from '#apps/recorder/answers';
import { NovaOracle } from './nova.js';
import { Report } from './report.js';

/** Runs when every other file has: each api process of the run has written its answers by then. */
describe('of all compute answers that this run’s tests were given', () => {
  it('each is what the schemas of the released Nova say for its method, path, action and microversion', async () => {
    const directory = process.env['NOVAFLOW_RECORD_ANSWERS'];
    if (directory === undefined) throw new Error('Run it with npm test, which has the answers recorded.');
    const oracle = await NovaOracle.load();
    const report = new Report();
    for (const name of await readdir(directory)) {
      for await (const line of createInterface(createReadStream(path.join(directory, name)))) {
        if (line === 'again') report.again();
        else {
          const record = JSON.parse(line) as RecordedAnswer;
          report.add(record, oracle.judge(record));
        }
      }
    }
    console.log(report.summary());
    expect(report.wrong()).toBe('');
  });
});
