import { describe, expect, it } from 'vitest';
import type { Sql } from '#services/kernel/database';
import { Scheduler } from '#services/nova/scheduler/index';
import type { Placement } from '#services/placement/index';

/** Hosts as the records have them; one of them may hold the server. */
interface Host {
  readonly host: string;
  readonly up: boolean;
  readonly disabled: boolean;
}
const schedulerOf = (hosts: readonly Host[], downSeconds: number): Scheduler => {
  const rows = hosts.map((host) => ({ ...host, machine: host.host, availability_zone: 'nova' }));
  const sql = { $queryRaw: () => Promise.resolve(rows) };
  const classes = { VCPU: { capacity: 8, minUnit: 1, maxUnit: 8, stepSize: 1, used: 0 } };
  const placement = { usages: () => Promise.resolve(hosts.map(({ host }) => ({ id: host, name: host, classes }))) };
  return new Scheduler(sql as unknown as Sql, placement as unknown as Placement, downSeconds);
};
const schedule = (hosts: readonly Host[], downSeconds: number): Promise<unknown> =>
  schedulerOf(hosts, downSeconds).schedule({
    serverId: 's',
    projectId: 'p',
    userId: 'u',
    flavor: { name: 'm1', vcpus: 1, ram: 0, disk: 0, ephemeral: 0, swap: 0, extra_specs: {} },
    localDisk: false,
    excludedHosts: [],
    failures: [],
    generation: 1,
  });
const silentHost: Host = { host: 'one', up: false, disabled: false };

describe('a control plane that has just started', () => {
  it('waits with a boot for hosts that could not report to it, and does not take them for dead', async () => {
    const waits = { type: 'HostsUnheard', verdict: 'retry' };
    await expect(schedule([silentHost], 60)).rejects.toMatchObject(waits);
    await expect(schedule([], 60)).rejects.toMatchObject(waits);
  });

  it('refuses at once what no host would take, had it reported', async () => {
    const refused = { type: 'NoValidHost', verdict: 'abort' };
    await expect(schedule([{ ...silentHost, disabled: true }], 60)).rejects.toMatchObject(refused);
  });

  it('takes a host for dead that is silent for as long as that takes', async () => {
    await expect(schedule([silentHost], 0)).rejects.toMatchObject({ type: 'NoValidHost', verdict: 'abort' });
  });
});
