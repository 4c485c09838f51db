import { readFileSync, readdirSync } from 'node:fs';

/** Clock ticks per second: what /proc counts in, 100 on every Linux that Node runs on. */
const TICKS = 100;

interface ProcessTimes {
  readonly parent: number;
  readonly seconds: number;
}

/** CPU seconds so far of each named process and its direct children (PostgreSQL's backends). */
export function cpuSeconds(pids: Readonly<Record<string, number>>): Record<string, number> {
  const all = new Map<number, ProcessTimes>();
  for (const name of readdirSync('/proc').filter((n) => /^\d+$/.test(n))) {
    const times = timesOf(Number(name));
    if (times) all.set(Number(name), times);
  }
  const sum = (pid: number): number =>
    [...all].reduce((total, [id, t]) => (id === pid || t.parent === pid ? total + t.seconds : total), 0);
  return Object.fromEntries(
    Object.entries(pids)
      .filter(([name]) => name !== 'supervisor')
      .map(([name, pid]) => [name, sum(pid)]),
  );
}

function timesOf(pid: number): ProcessTimes | undefined {
  try {
    // After the name in parentheses: state, parent, … utime, stime, and the same of children that have ended.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    const ticks = fields.slice(11, 15).reduce((total, value) => total + Number(value), 0);
    return { parent: Number(fields[1]), seconds: ticks / TICKS };
  } catch {
    return undefined;
  }
}

/** What was used since, per unit of work, in milliseconds. */
export function cpuPer(
  before: Record<string, number>,
  after: Record<string, number>,
  units: number,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after).map(([name, seconds]) => [
      name,
      Math.round(((seconds - (before[name] ?? 0)) / units) * 10_000) / 10,
    ]),
  );
}
