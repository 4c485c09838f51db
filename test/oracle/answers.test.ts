import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RecordedAnswer } from '#apps/recorder/answers';
import { KeystoneOracle } from './keystone.js';
import { NovaOracle } from './nova.js';
import { Report } from './report.js';

/** Runs when every other file has: each api process of the run has written its answers by then. */
describe('of all answers that this run’s tests were given', () => {
  const compute = new Report('compute', 'Nova’s schemas');
  const identity = new Report('identity', 'Keystone’s routes, statuses and schemas');
  beforeAll(async () => {
    const directory = process.env['NOVAFLOW_RECORD_ANSWERS'];
    if (directory === undefined) throw new Error('Run it with npm test, which has the answers recorded.');
    const of = {
      compute: { report: compute, oracle: await NovaOracle.load() },
      identity: { report: identity, oracle: await KeystoneOracle.load() },
    };
    for (const name of await readdir(directory)) {
      for await (const line of createInterface(createReadStream(path.join(directory, name)))) {
        const again = /^again (\w+)$/.exec(line)?.[1] as keyof typeof of | undefined;
        if (again !== undefined) of[again].report.again();
        else {
          const record = JSON.parse(line) as RecordedAnswer;
          const { report, oracle } = of[record.service];
          report.add(record, oracle.judge(record), oracle.describes(record));
        }
      }
    }
  });

  it('each of compute is what the schemas of the released Nova say for its method, path, action and microversion', () => {
    console.log(compute.summary());
    expect(compute.wrong()).toBe('');
  });

  it('each of identity is what the code of the released Keystone says for its method and path', () => {
    console.log(identity.summary());
    expect(identity.wrong()).toBe('');
  });

  it('an answer of identity that is wrong in its route, its status or its body would have been found', async () => {
    const oracle = await KeystoneOracle.load();
    const judged = (method: string, url: string, status: number, answer: object) =>
      oracle
        .judge({ service: 'identity', minor: 0, method, url, status, answer: JSON.stringify(answer) })
        .map(({ what }) => what.replace(/ \(is .*/, ''));
    const region = { region: { id: 'r', description: '', parent_region_id: null, links: { self: 'http://k/v3' } } };
    expect(judged('GET', '/regions/r', 200, region)).toEqual([]);
    expect(judged('GET', '/regions/r', 201, region)).toEqual(['the status is 201 and Keystone’s is 200']);
    expect(judged('GET', '/regions/r', 200, { region: { ...region.region, id: 7 } })).toEqual([
      'response: /region/id must be string,null ["string","null"]',
    ]);
    expect(judged('GET', '/planets', 200, {})).toEqual(['Keystone has no such route']);
  });
});
