import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '#config';

/** They send what they are given: the two ways to the database, and the one that describes. */
const SENDERS = new Set(['kernel/rows.ts', 'kernel/sql.ts']);
/** Rows that nobody reads: whether there is one, or a lock. */
const UNREAD = /\$queryRaw(<unknown\[\]>|`SELECT 1 )/;

describe('the rows of raw statements', () => {
  it('are described and checked, and their types asserted by no service', async () => {
    const files = await readdir(path.join(ROOT, 'services'), { recursive: true });
    const asserted: string[] = [];
    for (const file of files.filter((name) => name.endsWith('.ts') && !SENDERS.has(name))) {
      const lines = (await readFile(path.join(ROOT, 'services', file), 'utf8')).split('\n');
      asserted.push(
        ...lines.filter((line) => line.includes('$queryRaw') && !UNREAD.test(line)).map((l) => `${file}: ${l}`),
      );
    }
    expect(asserted).toEqual([]);
  });
});
