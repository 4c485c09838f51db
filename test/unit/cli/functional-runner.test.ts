import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Outcome } from '#cli/clients/outcomes';
import { ROOT } from '#config';

const run = promisify(execFile);
const PASSES = `
    def test_passes(self):
        print('not a line of JSON')
`;
const OTHERS = `
    def test_fails(self):
        self.fail('no')
    @unittest.skip('no service')
    def test_skips(self):
        pass
`;
const ENDS = `
    def test_ends(self):
        os._exit(3)
`;
const module = (tests: string): string => `import os, unittest\nclass T(unittest.TestCase):${tests}`;

describe('the runner of the clients’ tests', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'novaflow-runner-'));
    const write = async (file: string, text: string): Promise<void> => {
      await mkdir(path.dirname(path.join(directory, file)), { recursive: true });
      await writeFile(path.join(directory, file), text);
    };
    await write('turn/__init__.py', '');
    for (const name of ['one', 'two', 'three']) await write(`turn/test_${name}.py`, module(PASSES));
    await write('turn/below/__init__.py', '');
    await write('turn/below/test_others.py', module(OTHERS));
    await write('turn/helper.py', 'raise RuntimeError("It is no test.")');
    await write('test_ends.py', module(ENDS));
    await write('test_broken.py', 'import there_is_no_such_module');
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const outcomesOf = async (...args: string[]): Promise<Outcome[]> => {
    const runner = path.join(ROOT, 'test/clients/functional.py');
    const env = { ...process.env, PYTHONPATH: directory, PYTHONDONTWRITEBYTECODE: '1' };
    const { stdout } = await run('python3', [runner, '3', ...args], { env });
    const lines = stdout.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as Outcome);
  };

  it('runs all modules below a package, one after another where it is told to, and says of each test what came of it', async () => {
    expect(await outcomesOf('--in-turn', 'turn')).toMatchObject([
      { test: 'turn.below.test_others.T.test_fails', outcome: 'failed', why: 'AssertionError: no' },
      { test: 'turn.below.test_others.T.test_skips', outcome: 'skipped', why: 'no service' },
      { test: 'turn.test_one.T.test_passes', outcome: 'passed' },
      { test: 'turn.test_three.T.test_passes', outcome: 'passed' },
      { test: 'turn.test_two.T.test_passes', outcome: 'passed' },
    ]);
  });

  it('runs in its turn alone what is named in both ways', async () => {
    const outcomes = await outcomesOf('turn', '--in-turn', 'turn.test_two', 'turn.test_one');
    const modules = outcomes.map(({ test }) => test.split('.T.')[0]);
    expect(modules.filter((name) => /two|one/.test(name!))).toEqual(['turn.test_two', 'turn.test_one']);
    expect(modules).toContain('turn.test_three');
  });

  it('counts a module that cannot be imported, or ends its process, as failed', async () => {
    const outcomes = await outcomesOf('test_broken', 'test_ends', '--in-turn');
    expect(outcomes.toSorted((a, b) => (a.test < b.test ? -1 : 1))).toMatchObject([
      { test: 'test_broken', outcome: 'failed', why: expect.stringContaining('there_is_no_such_module') as string },
      { test: 'test_ends', outcome: 'failed', why: 'Its process ended with 3.' },
    ]);
  });

  it('refuses a name of which there is nothing', async () => {
    await expect(outcomesOf('nothing', '--in-turn')).rejects.toThrow('There is no nothing in the installed packages.');
  });
});
