import { proxyActivities, sleep, workflowInfo } from '@temporalio/workflow';
import type {
  AuditReport,
  AuditRequest,
  ComputeActivities,
  ConductorActivities,
  Healed,
  NetworkActivities,
  Orphan,
  VolumeActivities,
} from '#activities/contract';
import { computeQueue, networkQueue, volumeQueue } from '../../engine/queues.js';
import { untilDoneOnHost } from '../../engine/step-options.js';

const { listMachines, findOrphans, clearForRepair, healRecord, recordAudit } = proxyActivities<ConductorActivities>({
  startToCloseTimeout: '1m',
  retry: { maximumAttempts: 3 },
  cancellationType: 'TRY_CANCEL',
  summary: 'Compare records, claims, ports, volumes and workflows',
});
/** A host that does not answer in this time is listed as unreachable, and what is on it is not judged. */
const HOST_ANSWERS_IN = '20s';
/**
 * What looks like an orphan is checked again after this time. If it was only in the middle of an operation, it has an
 * owner by then.
 */
const LOOK_AGAIN_AFTER = '2s';
/**
 * How often to repair and look again. A repair may bring out another orphan, which only the next look finds: for
 * example the claim of a server whose delete was started again.
 */
const HEAL_ROUNDS = 3;
/** Records that changed later than this are left out: an operation may be working on them. */
const MIN_AGE_SECONDS = 5;

/** Compares what the records say with what the hosts have, names every orphan, and repairs them if that is asked for. */
export async function audit(request: AuditRequest = {}): Promise<AuditReport> {
  const { heal = false, minAgeSeconds = MIN_AGE_SECONDS, trigger = 'request' } = request;
  const startedAt = workflowInfo().runStartTime.toISOString();
  let found = await confirmedLook(minAgeSeconds);
  const healed: Healed[] = [];
  for (let rounds = heal ? HEAL_ROUNDS : 0; rounds > 0 && found.orphans.length > 0; rounds--) {
    const repaired = await healAll(found.orphans);
    if (repaired.length === 0) break;
    healed.push(...repaired);
    // A server that was put into ERROR a moment ago owns nothing any more, so age does not count from here on.
    found = await confirmedLook(0);
  }
  const report: AuditReport = { ...found, healed };
  await recordAudit({ ...report, startedAt, trigger });
  return report;
}

interface Look {
  readonly orphans: readonly Orphan[];
  readonly unreachable: readonly string[];
}

/** Looks twice. Only what is an orphan both times is reported. */
async function confirmedLook(minAgeSeconds: number): Promise<Look> {
  const first = await look(minAgeSeconds);
  if (first.orphans.length === 0) return first;
  await sleep(LOOK_AGAIN_AFTER, { summary: 'What is in the middle of something may be in order then' });
  const second = await look(minAgeSeconds, new Set(first.unreachable));
  const before = new Set(first.orphans.map(keyOf));
  return { ...second, orphans: second.orphans.filter((o) => before.has(keyOf(o))) };
}
const keyOf = (o: Orphan): string => `${o.kind} ${o.id} ${o.machine ?? ''}`;

/** @param silent queues that did not answer the look before: they are not waited for again */
async function look(minAgeSeconds: number, silent: ReadonlySet<string> = new Set()): Promise<Look> {
  const { compute, volume, network, down } = await listMachines({});
  const unreachable = [
    ...down.compute.map(computeQueue),
    ...down.volume.map(volumeQueue),
    ...down.network.map(networkQueue),
  ];
  const ask = async <T>(queue: string, question: () => Promise<T>): Promise<T[]> => {
    try {
      if (!silent.has(queue)) return [await question()];
      unreachable.push(queue);
      return [];
    } catch {
      unreachable.push(queue);
      return [];
    }
  };
  const answers = await Promise.all([
    ...compute.map((machine) => ask(computeQueue(machine), () => onCompute(machine).inspectCompute({ machine }))),
    ...volume.map((machine) => ask(volumeQueue(machine), () => onVolume(machine).inspectVolumes({ machine }))),
    ...network.map((machine) => ask(networkQueue(machine), () => onNetwork(machine).inspectNetwork({ machine }))),
  ]);
  return { orphans: await findOrphans({ hosts: answers.flat(), minAgeSeconds }), unreachable };
}

const at = (taskQueue: string) =>
  ({
    taskQueue,
    summary: `Look at ${taskQueue}`,
    scheduleToCloseTimeout: HOST_ANSWERS_IN,
    startToCloseTimeout: '10s',
    retry: { maximumAttempts: 3 },
    cancellationType: 'TRY_CANCEL',
  }) as const;
const onCompute = (machine: string) => proxyActivities<ComputeActivities>(at(computeQueue(machine)));
const onVolume = (machine: string) => proxyActivities<VolumeActivities>(at(volumeQueue(machine)));
const onNetwork = (machine: string) => proxyActivities<NetworkActivities>(at(networkQueue(machine)));
/**
 * A repair is an undo with a time limit, since somebody waits for the report. One minute is enough for two attempts to
 * end a guest that ignores its orders.
 */
const repairAt = (taskQueue: string) =>
  ({ ...untilDoneOnHost, taskQueue, summary: `Repair at ${taskQueue}`, scheduleToCloseTimeout: '1m' }) as const;

/** Repairs one after the other: one that fails stays in the report, and keeps none of the others from being healed. */
async function healAll(orphans: readonly Orphan[]): Promise<Healed[]> {
  const healed: Healed[] = [];
  for (const orphan of orphans) {
    const done = await healOne(orphan).catch(() => null);
    if (done !== null) healed.push({ ...orphan, done });
  }
  return healed;
}

async function healOne(orphan: Orphan): Promise<string | null> {
  const { kind, id, owner = '', machine, host = '', missing } = orphan;
  if (machine === undefined || missing) return healRecord({ orphan });
  // Seconds have passed since it was found.
  if (!(await clearForRepair({ orphan }))) return null;
  switch (kind) {
    case 'guest':
    case 'disk':
      await proxyActivities<ComputeActivities>(repairAt(computeQueue(machine))).destroyGuest({
        serverId: owner,
        host,
        machine,
        vifs: [],
      });
      return 'destroyed';
    case 'vif':
      await proxyActivities<ComputeActivities>(repairAt(computeQueue(machine))).unplugNetwork({
        serverId: owner,
        host,
        machine,
        vifs: [cardOf(id)],
      });
      return 'unplugged';
    case 'guest volume':
    case 'guest card': {
      const of = kind === 'guest volume' ? 'volumes' : 'ports';
      const { removeStrayDevice } = proxyActivities<ComputeActivities>(repairAt(computeQueue(machine)));
      return (await removeStrayDevice({ serverId: owner, host, machine, of, id })) ? 'detached' : null;
    }
    case 'volume bytes': {
      const volume = { volumeId: owner, create: true, sizeGb: 0, bootIndex: null, device: '' };
      await proxyActivities<VolumeActivities>(repairAt(volumeQueue(machine))).disconnectVolume({
        volumeHost: machine,
        volumes: [volume],
      });
      return 'removed';
    }
    default:
      return healRecord({ orphan });
  }
}

/** To unplug a card only its port's id is needed. Nothing else is known of an orphan. */
const cardOf = (portId: string) => ({ portId, networkId: '', networkName: '', mac: '', mtu: 0, fixedIps: [] });
