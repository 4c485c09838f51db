import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ApiClient } from '#activities/host/api-client';
import * as computeSteps from '#activities/compute';
import { makeActivities } from '#activities/step';
import { Cards } from '#activities/host/cards';
import { Fence } from '#activities/host/fence';
import { ImageCache } from '#activities/host/image-cache';
import { point } from '#activities/host/points';
import type { Config } from '#config';
import { FakeHypervisor } from '#drivers/hypervisor/fake';
import type { Hypervisor, HypervisorFacts } from '#drivers/hypervisor/index';
import { QemuHypervisor } from '#drivers/hypervisor/qemu';
import { FilesystemObjects } from '#drivers/objects/filesystem';
import { computeQueue } from '#workflows/engine/queues';
import { guestUserOf } from './guest-user.js';
import { serveHostApi } from './host-api.js';
import { samplesOfGuests, samplesOfMachine } from './measures.js';
import { openNetwork } from './network.js';
import { reportForever } from './reporting.js';
import type { RoleFactory } from './run.js';
import type { SampleRecord } from './sample-spool.js';
import { meterForever } from './telemetry.js';
import { CONSOLE_MS, PRUNE_MS, repeat } from './upkeep.js';

const MIB = 2 ** 20;
const GIB = 2 ** 30;
/** Kept for the host itself (nova.conf: reserved_host_memory_mb). */
const RESERVED_MEMORY_MB = 512;
/** What Nova's own fake driver says it has. */
const FAKE_INVENTORY = { VCPU: 1_000, MEMORY_MB: 800_000, DISK_GB: 600_000 };

/** nova-compute: guests on one machine, or on the simulated hosts that it plays. */
export const compute: RoleFactory = async (config, log) => {
  const machine = config.cloud.host;
  const guests = path.join(config.home, 'hosts');
  const user = await guestUserOf(config);
  const chosen = await openNetwork(config, { reach: point });
  const network = chosen.driver;
  const hypervisor: Hypervisor =
    config.compute.hypervisor === 'fake'
      ? new FakeHypervisor(guests, config.compute.fake_spawn_ms)
      : new QemuHypervisor(guests, config.compute.accelerator, user, { cards: network, reach: point });
  const api = new ApiClient(config, 'nova-compute');
  const images = new ImageCache(
    path.join(config.home, 'images'),
    api,
    new FilesystemObjects(path.join(config.home, 'objects')),
    user?.gid,
  );
  const facts = await hypervisor.facts();
  log.info({ facts, user }, facts.type === 'fake' ? 'FAKE hypervisor: no guest really runs' : 'hypervisor found');
  if (user && facts.accelerator === 'tcg' && config.compute.accelerator === 'auto' && existsSync('/dev/kvm'))
    log.warn(
      'guests run without KVM: their user cannot use /dev/kvm. Where KVM works, give it a group: chgrp kvm /dev/kvm && chmod 660 /dev/kvm',
    );
  await images.openFolder();
  const prune = async (): Promise<void> => images.prune(await hypervisor.imagesInUse());
  for (const { serverId, error } of await hypervisor.startWithMachine())
    log.error({ serverId, error: String(error) }, 'a guest that ran before cannot be started again');
  const hostApi = await serveHostApi(config, log, hypervisor, hostNames(config, facts));
  return {
    taskQueue: computeQueue(machine),
    options: {
      activities: makeActivities(computeSteps, {
        hypervisor,
        cards: new Cards(network),
        fence: new Fence(),
        images,
        api,
      }),
      maxConcurrentActivityTaskExecutions: 50,
    },
    alongside: async (signal) => {
      await Promise.all([
        reportForever(
          api,
          log,
          {
            binary: 'nova-compute',
            machine,
            intervalSeconds: config.nova.report_interval,
            body: async () => ({ hosts: await describeHosts(config, facts), api: hostApi.report }),
          },
          signal,
        ),
        meterForever(
          api,
          log,
          {
            intervalSeconds: config.ceilometer.interval,
            folder: path.join(config.home, 'samples', 'nova-compute'),
            measure: () => measure(config, hypervisor, facts),
          },
          signal,
        ),
        repeat('pruning the image cache', PRUNE_MS, prune, log, signal),
        repeat('cutting consoles', CONSOLE_MS, () => hypervisor.trimConsoles(), log, signal),
      ]);
    },
    suspend: () => (config.compute.keep_guests ? Promise.resolve() : hypervisor.stopWithMachine()),
    close: () => hostApi.close(),
  };
};

/** The api takes no other names from a machine (services/nova/hosts.ts). */
function hostNames(
  { cloud: { host: machine }, compute: { simulated_hosts } }: Config,
  facts: HypervisorFacts,
): string[] {
  const count = facts.type === 'fake' ? simulated_hosts : 1;
  return count === 1
    ? [machine]
    : Array.from({ length: count }, (_, i) => `${machine}-${String(i + 1).padStart(4, '0')}`);
}

/** Simulated hosts and guests use nothing, so nothing is measured of them. */
async function measure(config: Config, hypervisor: Hypervisor, facts: HypervisorFacts): Promise<SampleRecord[]> {
  if (facts.type === 'fake') return [];
  const at = new Date().toISOString();
  return [
    ...samplesOfGuests(await hypervisor.samples(), at),
    ...(await samplesOfMachine(config.cloud.host, config.home, at)),
  ];
}

async function describeHosts(config: Config, facts: HypervisorFacts): Promise<object[]> {
  const inventory =
    facts.type === 'fake'
      ? withRatios(config, FAKE_INVENTORY, 0)
      : withRatios(config, await measureMachine(config.home), RESERVED_MEMORY_MB);
  return hostNames(config, facts).map((host) => ({ host, facts, inventory }));
}

async function measureMachine(home: string): Promise<typeof FAKE_INVENTORY> {
  const disk = await statfs(home);
  return {
    VCPU: os.availableParallelism(),
    MEMORY_MB: Math.floor(os.totalmem() / MIB),
    DISK_GB: Math.floor((disk.blocks * disk.bsize) / GIB),
  };
}

function withRatios(config: Config, total: typeof FAKE_INVENTORY, reservedMemory: number): object {
  return {
    VCPU: { total: total.VCPU, max_unit: total.VCPU, allocation_ratio: config.nova.initial_cpu_allocation_ratio },
    MEMORY_MB: {
      total: total.MEMORY_MB,
      reserved: reservedMemory,
      allocation_ratio: config.nova.initial_ram_allocation_ratio,
    },
    DISK_GB: { total: total.DISK_GB, allocation_ratio: config.nova.initial_disk_allocation_ratio },
  };
}
