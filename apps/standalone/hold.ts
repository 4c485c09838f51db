/**
 * Loaded (`node --import`) into a role that is started ahead of its time: loads what the role is going to import, and
 * keeps the role's own program from beginning until the supervisor says that what it stands on is ready.
 */
import { once } from 'node:events';
import { isMainThread } from 'node:worker_threads';

// A process hands its flags on to its threads, and those are to begin at once.
if (isMainThread) {
  const modules = process.env['NOVAFLOW_PRELOAD'] ?? '';
  const released = once(process, 'message');
  await Promise.all(modules.split(' ').map((name) => import(name) as Promise<unknown>));
  await released;
}
