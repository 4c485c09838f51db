import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Api } from '#apps/standalone/api';
import type { ScratchCloud } from '#apps/standalone/scratch';
import { Actions } from './actions.js';
import { Disturber, type Done } from './disturber.js';
import { endsOf, type Ends } from './ends.js';
import { Load, type Accepted, type ListedServer, type Sample } from './load.js';
import { planOf, randomOf } from './plan.js';
import { KINDS, Traffic, type Kind } from './traffic.js';

export interface ChaosOptions {
  readonly boots: number;
  readonly seed: number;
  /** Boots asked for per second. */
  readonly rate: number;
  /** Whether guests really run, on real networks. */
  readonly realGuests?: boolean;
}
export interface ChaosReport {
  readonly seed: number;
  /** Requests that were answered with 202. */
  readonly boots: number;
  readonly active: number;
  readonly error: number;
  /** Of those in ERROR, the ones whose network was taken away under them. */
  readonly errorByIntent: number;
  /** What else went on, by kind. */
  readonly traffic: Readonly<Record<Kind, number>>;
  /** Actions on servers: requests by their answer, and the accepted ones by how they ended. */
  readonly actions: Readonly<Record<'accepted' | 'done' | 'failed' | 'undone' | 'refused', number>> & {
    readonly others: readonly string[];
  };
  /** Deleted before they were ACTIVE or in ERROR. */
  readonly deletedInBuild: number;
  /** Servers in BUILD or in any task_state, and operations open, when all should long be quiet. */
  readonly stuck: number;
  readonly stuckWhere: readonly string[];
  /** Guests that do something else than their server's record says. */
  readonly wrongPower: readonly string[];
  /** 202s of which there is no server, though nobody deleted it. */
  readonly lost: number;
  /** Servers whose 202 the client did not get, because the answer was lost on the way. */
  readonly unheard: number;
  readonly leaks: number;
  readonly leaked: readonly string[];
  readonly kills: number;
  readonly disturbances: readonly Done[];
  readonly longestBootMs: number;
  /** From the end of the last disturbance until all was quiet. */
  readonly recoveryMs: number;
  readonly api: { readonly refused: number; readonly unanswered: number; readonly slowestAnswerMs: number };
  /** The faults of the servers in ERROR, without their ids, with their number. */
  readonly faults: Readonly<Record<string, number>>;
}
export interface ChaosRun {
  /** Milliseconds since 1970: the zero of all times. */
  readonly beganAt: number;
  readonly report: ChaosReport;
  readonly servers: readonly Accepted[];
  readonly samples: readonly Sample[];
}

/** One server in four boots from a volume; half are deleted after a while, at whatever point they are. */
const FROM_VOLUME = 1 / 4;
const DELETED = 1 / 2;
const DELETED_WITHIN_MS = 6_000;
/** Two in three servers are worked on, also of those that are deleted. */
const WORKED_ON = 2 / 3;
/** One of the other kinds of traffic comes with every third boot. */
const TRAFFIC = 1 / 3;
const AUDIT_AGAIN_MS = 5_000;
/** Everything that takes its time (timeouts, back-offs) is over by then; what is not quiet then is stuck. */
const QUIET_WITHIN_MS = 240_000;

/** Boots and deletes at a steady rate while the plan of the seed is carried out; then waits for quiet and counts. */
export async function runChaos(
  { cloud, admin }: ScratchCloud,
  { boots, seed, rate, realGuests = false }: ChaosOptions,
  tell: (line: string) => void,
): Promise<ChaosRun> {
  const load = await Load.prepare(admin);
  const random = randomOf(seed ^ 0x5eed);
  let newest: string | undefined;
  const actions = new Actions(load, realGuests);
  const newestOf = (of: 'boot' | 'action'): string | undefined => (of === 'boot' ? newest : actions.newest);
  const disturber = new Disturber(cloud, load.startedAt, newestOf, tell);
  const stop = new AbortController();
  const watching = load.watch(stop.signal);
  const disturbing = disturber.carryOut(planOf(seed, (boots / rate) * 1000));
  const traffic = new Traffic(await Api.login(admin), load);
  const pending: Promise<unknown>[] = [];
  for (let i = 0; i < boots; i++) {
    const [volume, deleted, after] = [random() < FROM_VOLUME, random() < DELETED, random() * DELETED_WITHIN_MS];
    const drawn = randomOf(seed ^ ((i + 1) * 0x9e37));
    if (random() < TRAFFIC) pending.push(traffic.run(KINDS[Math.floor(random() * KINDS.length)]!, random));
    pending.push(
      (async () => {
        const id = await load.boot(volume ? 'volume' : 'image');
        newest = id;
        const worked = drawn() < WORKED_ON ? actions.run(id, drawn) : undefined;
        if (deleted) {
          await sleep(after);
          await load.delete(id);
        }
        await worked;
      })(),
    );
    await sleep(Math.max(0, load.startedAt + ((i + 1) / rate) * 1000 - Date.now()));
  }
  await Promise.all([...pending, disturbing]);
  const lastAt = Math.max(0, ...disturber.done.map((d) => d.endedAt));
  tell('the disturbances are over; waiting for quiet');
  const quietAt = await quiet(load);
  const left = await load.look();
  const operations = await load.stuckOperations();
  const ends = await allEnded(() => endsOf(cloud, realGuests));
  tell('deleting what is there');
  const all = new Set([...load.servers.keys(), ...(left ?? []).map((s) => s.id)]);
  const unheard = all.size - load.servers.size;
  const lost = [...load.servers.values()].filter(
    (s) => s.deleteAt === undefined && !(left ?? []).some((l) => l.id === s.id),
  ).length;
  await Promise.all([...all].map((id) => load.delete(id)));
  const emptyAt = await quiet(load, true);
  await traffic.clean();
  stop.abort();
  await watching;
  const audit = await cleanAudit(load);
  const { open } = await endsOf(cloud, realGuests);
  const servers = [...load.servers.values()];
  const ended = servers.filter((s) => s.settledAt !== undefined);
  const inBuild = (left ?? []).filter((s) => s.status === 'BUILD').map((s) => `${s.id} is in BUILD`);
  // Those of volumes end with the clean-up of the traffic.
  const leftOpen = new Set([...ends.open.filter((o) => o.of === 'server'), ...open].map((o) => o.said));
  const stuckWhere = [...inBuild, ...ends.tasks, ...leftOpen];
  const leaked = [
    ...(audit ? audit.orphans.map((o) => `${o.kind} ${o.id}: ${o.why}`) : ['the audit did not end']),
    ...(await bytesLeft(cloud.home)),
  ];
  return {
    beganAt: load.startedAt,
    servers,
    samples: load.samples,
    report: {
      seed,
      boots: servers.length,
      active: servers.filter((s) => s.status === 'ACTIVE').length,
      error: servers.filter((s) => s.status === 'ERROR').length,
      errorByIntent: servers.filter((s) => s.status === 'ERROR' && s.mayFail).length,
      traffic: traffic.begun,
      deletedInBuild: servers.filter((s) => s.settledAt === undefined && s.goneAt !== undefined).length,
      actions: {
        accepted: actions.accepted,
        done: ends.actions['done'] ?? 0,
        failed: ends.actions['failed'] ?? 0,
        undone: ends.actions['undone'] ?? 0,
        refused: actions.refused,
        others: actions.others,
      },
      stuckWhere,
      wrongPower: ends.wrongPower,
      stuck: stuckWhere.length + operations + (quietAt === undefined || emptyAt === undefined ? 1 : 0),
      lost,
      unheard,
      leaks: leaked.length,
      leaked,
      kills: disturber.done.length,
      disturbances: disturber.done,
      longestBootMs: Math.max(0, ...ended.map((s) => s.settledAt! - s.at)),
      recoveryMs: quietAt === undefined ? Infinity : Math.max(0, quietAt - lastAt),
      api: { refused: load.refused, unanswered: load.unanswered, slowestAnswerMs: load.slowestAnswerMs },
      faults: countFaults(servers),
    },
  };
}

/** What is begun and broken off is swept by age, so the audit is asked until it finds nothing, or it is late. */
async function cleanAudit(load: Load): ReturnType<Load['audit']> {
  let audit = await load.audit();
  for (const end = Date.now() + QUIET_WITHIN_MS; audit?.orphans.length !== 0 && Date.now() < end;) {
    await sleep(AUDIT_AGAIN_MS);
    audit = await load.audit();
  }
  return audit;
}

/** Files that nobody owns any more: all servers, volumes and images are gone, but for the image that a cloud starts with. */
async function bytesLeft(home: string): Promise<string[]> {
  const filesIn = async (directory: string): Promise<string[]> => {
    const entries = await readdir(path.join(home, directory), { recursive: true, withFileTypes: true }).catch(() => []);
    return entries.filter((e) => e.isFile()).map((e) => path.join(directory, e.name));
  };
  const [objects, volumes, guests, cards] = await Promise.all(['objects', 'volumes', 'hosts', 'vifs'].map(filesIn));
  return [...(objects!.length > 1 ? objects! : []), ...volumes!, ...guests!, ...cards!].map((f) => `file ${f}`);
}

/** Waits until no server is in BUILD and every delete is done. @returns when; undefined when it does not come */
async function quiet(load: Load, empty = false): Promise<number | undefined> {
  for (const end = Date.now() + QUIET_WITHIN_MS; Date.now() < end; await sleep(250)) {
    const listed = await load.look();
    if (!listed) continue;
    const deleting = new Set([...load.servers.values()].filter((s) => s.deleteAt !== undefined).map((s) => s.id));
    if (empty ? listed.length === 0 : listed.every((s) => isAtRest(s) && !deleting.has(s.id))) return load.now();
  }
  return undefined;
}

/** Servers are at rest while something is attached to them: a guest takes its time for that, and longer after a kill. */
async function allEnded(look: () => Promise<Ends>): Promise<Ends> {
  for (const end = Date.now() + QUIET_WITHIN_MS; ; await sleep(250)) {
    const ends = await look();
    if (ends.open.every(({ of }) => of !== 'server') || Date.now() > end) return ends;
  }
}

const isAtRest = (server: ListedServer): boolean =>
  server.status !== 'BUILD' && server['OS-EXT-STS:task_state'] === null;

function countFaults(servers: readonly Accepted[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, fault } of servers) {
    if (status !== 'ERROR') continue;
    const said = (fault ?? 'NO FAULT').replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<id>');
    counts[said] = (counts[said] ?? 0) + 1;
  }
  return counts;
}
