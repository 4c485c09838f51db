import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '#config';

/** Both send what they are given; and the services whose statements are not described yet. */
const OTHERS = /^(kernel\/(rows|sql)\.ts|(nova|placement)\/.*)$/;
/** Rows that nobody reads: whether there is one, or a lock. */
const UNREAD = /\$queryRaw(<unknown\[\]>|`SELECT 1 )/;

describe('the rows of raw statements', () => {
  it('are described and checked, and their types asserted by no service', async () => {
    const files = await readdir(path.join(ROOT, 'services'), { recursive: true });
    const asserted: string[] = [];
    for (const file of files.filter((name) => name.endsWith('.ts') && !OTHERS.test(name))) {
      const lines = (await readFile(path.join(ROOT, 'services', file), 'utf8')).split('\n');
      asserted.push(
        ...lines.filter((line) => line.includes('$queryRaw') && !UNREAD.test(line)).map((l) => `${file}: ${l}`),
      );
    }
    expect(asserted).toEqual([]);
  });
});
