import { readFileSync, readdirSync } from 'node:fs';

const PAGE_KB = 4;
const KB_PER_MB = 1024;

/** What processes take, in megabytes. */
export interface Memory {
  /** Of each process and its direct children. Each page that several processes share is divided among them. */
  readonly each: Readonly<Record<string, number>>;
  readonly total: number;
  /** The resident sets added up, as `ps` shows them: a shared page counts in each process that has it. */
  readonly resident: number;
}

export function memoryOf(pids: Readonly<Record<string, number>>): Memory {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((n) => /^\d+$/.test(n))) {
    const parent = statOf(Number(name));
    if (parent !== undefined) parents.set(Number(name), parent);
  }
  const named = new Set(Object.values(pids));
  const each: Record<string, number> = {};
  let [total, resident] = [0, 0];
  for (const [name, pid] of Object.entries(pids)) {
    const children = [...parents].filter(([child, parent]) => parent === pid && !named.has(child)).map(([c]) => c);
    const family = [pid, ...children];
    const own = family.reduce((sum, id) => sum + proportionalKb(id), 0) / KB_PER_MB;
    each[name] = Math.round(own);
    total += own;
    resident += family.reduce((sum, id) => sum + residentKb(id), 0) / KB_PER_MB;
  }
  return { each, total: Math.round(total), resident: Math.round(resident) };
}

function statOf(pid: number): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '');
    return Number(fields.split(' ')[1]);
  } catch {
    return undefined;
  }
}

/** The kernel's proportional set size; only who may trace a process reads it. */
function proportionalKb(pid: number): number {
  try {
    return Number(/^Pss: +(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]);
  } catch {
    return residentKb(pid);
  }
}

function residentKb(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_KB;
  } catch {
    return 0;
  }
}
