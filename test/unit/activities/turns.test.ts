import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import type { ApiClient } from '#activities/host/api-client';
import * as computeSteps from '#activities/compute';
import { Cards } from '#activities/host/cards';
import { Fence } from '#activities/host/fence';
import { makeActivities } from '#activities/step';
import type { ImageCache } from '#activities/host/image-cache';
import type { Hypervisor } from '#drivers/hypervisor/index';
import type { NetworkDriver } from '#drivers/network/index';

const SERVER = '5d1d2c4e-53d5-4b9c-9d0e-6f3c1a0b7e11';
const PORT = '0f8d52de-2b26-4bb3-8a4c-9f2f6a1d3c55';
const at = { serverId: SERVER, host: 'host-1', machine: 'machine-1', generation: 1 };
const vif = { portId: PORT, networkId: 'n', networkName: 'n', mac: 'fa:16:3e:00:00:01', mtu: 1450, fixedIps: [] };
const flavor = { name: 'm1.nano', vcpus: 1, ram: 64, disk: 1, ephemeral: 0, swap: 0, extra_specs: {} };
const spawnInput = { ...at, instanceName: 'i', flavor, image: null, vifs: [vif], volumes: [], configDrive: false };

const disk = { volumeId: 'a', path: '/volumes/a', format: 'raw', device: '/dev/vdb', bootIndex: null };

function gate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** A host whose drivers write down what they are asked for; plugging waits until it is let go. */
function host() {
  const calls: string[] = [];
  const [plugging, plugged] = [gate(), gate()];
  const write = (call: string) => (): Promise<void> => {
    calls.push(call);
    return Promise.resolve();
  };
  const hypervisor = {
    facts: () => Promise.resolve({ type: 'fake', version: '1', accelerator: 'none' }),
    spawn: write('spawn'),
    destroy: write('destroy'),
    attachDisk: write('attach'),
    detachDisk: write('detach'),
  } as unknown as Hypervisor;
  const network = {
    async plug() {
      plugging.open();
      await plugged.opened;
      calls.push('plug');
    },
    unplug: write('unplug'),
  } as unknown as NetworkDriver;
  /** The volumes that the records name of the guest. */
  const volumes: string[] = [];
  const api = { get: () => Promise.resolve({ volumes: [...volumes], ports: [] }) } as unknown as ApiClient;
  const activities = makeActivities(computeSteps, {
    hypervisor,
    cards: new Cards(network),
    fence: new Fence(),
    images: {} as ImageCache,
    api,
  });
  /** Runs an activity as the server ordered it at this time. */
  const ordered = (currentAttemptScheduledTimestampMs: number): MockActivityEnvironment =>
    new MockActivityEnvironment({ currentAttemptScheduledTimestampMs });
  return {
    calls,
    volumes,
    plugging: plugging.opened,
    letGo: plugged.open,
    spawn: (when: number) => ordered(when).run(() => activities.spawnServer(spawnInput)),
    destroy: (when: number) => ordered(when).run(() => activities.destroyGuest({ ...at, vifs: [vif] })),
    attach: (when: number) => ordered(when).run(() => activities.attachDisk({ ...at, disk })),
    removeStray: (when: number) =>
      ordered(when).run(() => activities.removeStrayDevice({ ...at, of: 'volumes', id: disk.volumeId })),
  };
}

describe('the orders for one guest', () => {
  it('are carried out one by one: a destroy that is ordered while a spawn still plugs its cards comes after the spawn', async () => {
    const { calls, plugging, letGo, spawn, destroy } = host();
    const spawned = spawn(1);
    await plugging;
    const destroyed = destroy(2);
    // Were it not held up by the spawn, the destroy would be over now: its drivers answer at once.
    await Promise.race([destroyed, new Promise((resolve) => setImmediate(resolve))]);
    letGo();
    await Promise.all([spawned, destroyed]);
    expect(calls).toEqual(['plug', 'spawn', 'destroy', 'unplug']);
  });

  it('are refused when a newer one was carried out before: a spawn that comes back after its undo leaves no guest', async () => {
    const { calls, letGo, spawn, destroy } = host();
    letGo();
    await destroy(2);
    await expect(spawn(1)).rejects.toThrow('came back after a newer order');
    expect(calls).toEqual(['destroy', 'unplug']);
  });

  it('take away what an audit found, unless a record names it by the time of its turn', async () => {
    const { calls, volumes, attach, removeStray } = host();
    expect(await removeStray(1)).toBe(true);
    // An attach makes its record before it gives its order.
    volumes.push(disk.volumeId);
    await Promise.all([attach(2), removeStray(3).then((removed) => expect(removed).toBe(false))]);
    expect(calls).toEqual(['detach', 'attach']);
  });
});
