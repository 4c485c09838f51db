import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '#config';
import { scratchHome } from '#apps/standalone/scratch';
import { until } from './measure.js';
import { memoryOf, type Memory } from './memory.js';

/** A start of a built cloud takes seconds; a slow machine's takes a minute. */
const START_LIMIT_MS = 180_000;
/** Idle is when the start's garbage is collected and idle connections are closed. */
const IDLE_MS = 60_000;

/**
 * Memory of a cloud that `npm start` brought up and nobody has asked anything for a minute. A cloud of its
 * own, since the bench's processes hold the bench too.
 */
export async function idleMemory(settings: Readonly<Record<string, string>>): Promise<Memory> {
  const { home, env } = await scratchHome(settings, 'novaflow-idle-');
  const npm = spawn('npm', ['start', '--silent', '--', '--no-demo'], { cwd: ROOT, env, stdio: 'ignore' });
  const ended = once(npm, 'exit');
  try {
    const pids = await until(async () => pidsIn(home), 100, START_LIMIT_MS);
    await sleep(IDLE_MS);
    const memory = memoryOf(pids);
    process.kill(pids['supervisor']!, 'SIGINT');
    await ended;
    return memory;
  } finally {
    npm.kill();
    await rm(home, { recursive: true, force: true });
  }
}

/** The processes of a running cloud by name; roles that share one are one. undefined until the cloud is ready. */
async function pidsIn(home: string): Promise<Record<string, number> | undefined> {
  const text = await readFile(path.join(home, 'ready.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const { pids } = JSON.parse(text) as { pids: Record<string, number> };
  const names = new Map<number, string>();
  for (const [name, pid] of Object.entries(pids)) names.set(pid, [names.get(pid), name].filter(Boolean).join('+'));
  return Object.fromEntries([...names].map(([pid, name]) => [name, pid]));
}
