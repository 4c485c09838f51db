import { readFileSync, readdirSync } from 'node:fs';

const PAGE_KB = 4;

/** Resident megabytes of each process and its direct children, and of all together. Shared pages count once in each. */
export function memoryOf(pids: Readonly<Record<string, number>>): Record<string, number> {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((n) => /^\d+$/.test(n))) {
    const parent = statOf(Number(name));
    if (parent !== undefined) parents.set(Number(name), parent);
  }
  const named = new Set(Object.values(pids));
  const megabytes = Object.fromEntries(
    Object.entries(pids).map(([name, pid]) => {
      const children = [...parents].filter(([child, parent]) => parent === pid && !named.has(child)).map(([c]) => c);
      const kb = [pid, ...children].reduce((sum, id) => sum + residentKb(id), 0);
      return [name, Math.round(kb / 1024)];
    }),
  );
  return { ...megabytes, total: Object.values(megabytes).reduce((sum, mb) => sum + mb, 0) };
}

function statOf(pid: number): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '');
    return Number(fields.split(' ')[1]);
  } catch {
    return undefined;
  }
}

function residentKb(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_KB;
  } catch {
    return 0;
  }
}
