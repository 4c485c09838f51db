import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, inject as provided, it } from 'vitest';
import { PrivatePorts } from '#apps/standalone/private-ports';
import type { Ready } from '#apps/standalone/cloud';

/** Whether a user of this machine can connect to a port on loopback; undefined is the user of the tests. */
function connects(port: string, user?: string): boolean {
  const attempt = ['bash', '-c', `exec 3<>/dev/tcp/127.0.0.1/${port}`];
  const [command, ...args] = user === undefined ? attempt : ['runuser', '-u', user, '--', ...attempt];
  return spawnSync(command!, args).status === 0;
}

describe('the ports of Temporal, which asks nobody who he is,', () => {
  const cloud = provided('fake');
  const ready = JSON.parse(readFileSync(path.join(cloud.home, 'ready.json'), 'utf8')) as Ready;
  const ports = [cloud.temporalAddress, new URL(ready.temporalUi).host].map((at) => at.split(':')[1]!);

  // Only root may set rules of the packet filter: where the tests run as another user there is nothing to see.
  it.runIf(process.getuid?.() === 0)('are closed to every user but the one who started the cloud', () => {
    for (const port of ports) expect({ port, connects: connects(port) }).toEqual({ port, connects: true });
    for (const port of ports) expect({ port, connects: connects(port, 'nobody') }).toEqual({ port, connects: false });
    // The API is for everyone: it does ask.
    expect(connects(new URL(cloud.authUrl).port, 'nobody')).toBe(true);
  });

  it.runIf(process.getuid?.() !== 0)('cannot be closed without root, and the start says so', () => {
    expect(new PrivatePorts(cloud.home).guard(process.pid)).toContain('root');
  });
});
