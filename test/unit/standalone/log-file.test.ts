import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { olderOf, rotate } from '#apps/standalone/log-file';

describe('the log of a process', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'novaflow-log-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'one.log');
  const add = (from: number, count: number): void => {
    for (let n = from; n < from + count; n++) appendFileSync(file, `line ${n}\n`);
  };
  const linesIn = (name: string): string[] => readFileSync(name, 'utf8').trimEnd().split('\n');

  it('stays as it is while it is short, and where there is none', () => {
    rotate(path.join(folder, 'none.log'));
    add(0, 10);
    rotate(file, 1_000);
    expect(linesIn(file)).toHaveLength(10);
  });

  it('is put aside whole when it has become long, and its process goes on at the beginning of an empty one', () => {
    add(10, 10);
    rotate(file, 100);
    expect(linesIn(olderOf(file))).toEqual(Array.from({ length: 20 }, (_, n) => `line ${n}`));
    add(20, 1);
    expect(readFileSync(file, 'utf8')).toBe('line 20\n');
  });

  it('takes the place of the one that was put aside before, so that there are never more than two', () => {
    add(21, 19);
    rotate(file, 100);
    expect(linesIn(olderOf(file))).toEqual(Array.from({ length: 20 }, (_, n) => `line ${n + 20}`));
    expect(readFileSync(file, 'utf8')).toBe('');
  });
});
