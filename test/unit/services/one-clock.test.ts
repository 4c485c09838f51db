import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '#config';

/**
 * Where a process's own clock is right: how long something was kept in its memory, and the times that a token carries,
 * which are compared with the clock of whoever reads it.
 */
const OWN_CLOCK = new Set([
  'services/keystone/tokens/fernet.ts',
  'services/keystone/tokens/cache.ts',
  'services/keystone/tokens/tokens.ts',
  // What a client asks for as a distance from now.
  'services/gnocchi/times.ts',
  'services/nova/admission.ts',
  'services/nova/scheduler/host-states.ts',
]);

describe('the times of records', () => {
  it('are by the database’s clock: no service writes or compares them with its process’s own', async () => {
    const files = await readdir(path.join(ROOT, 'services'), { recursive: true });
    const sources = files.filter((f) => f.endsWith('.ts')).map((f) => path.join('services', f));
    const byProcess: string[] = [];
    for (const file of sources) {
      const text = await readFile(path.join(ROOT, file), 'utf8');
      if (/new Date\(\)|Date\.now\(\)/.test(text) && !OWN_CLOCK.has(file)) byProcess.push(file);
    }
    expect(byProcess).toEqual([]);
  });
});
