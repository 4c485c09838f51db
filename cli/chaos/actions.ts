/** What is done to servers that are there, at random: an action is a line of the table. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Load } from './load.js';

interface Ask {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
}
interface ServerAction {
  /** The statuses from which it may begin. */
  readonly from: readonly string[];
  /** The request for it; what it needs (a volume) is made here. Undefined where the server has nothing that it could be about. */
  readonly ask: (id: string, load: Load) => Promise<Ask | undefined>;
}

const post = (body: object) => (id: string) =>
  Promise.resolve({ method: 'POST', path: `/compute/v2.1/servers/${id}/action`, body });
/** Gives the server a thing, by the path of such things and what the request says. */
const attach = (things: string, body: (load: Load) => Promise<object>) => async (id: string, load: Load) => ({
  method: 'POST',
  path: `/compute/v2.1/servers/${id}/${things}`,
  body: await body(load),
});
/** Takes the newest such thing from the server. */
const detach =
  (things: string, list: string, idOf: (thing: Readonly<Record<string, string>>) => string | undefined) =>
  async (id: string, load: Load) => {
    const path = `/compute/v2.1/servers/${id}/${things}`;
    const { body } = await load.insist<Record<string, Record<string, string>[]>>('GET', path);
    const newest = body[list]?.at(-1);
    return newest && { method: 'DELETE', path: `${path}/${idOf(newest) ?? ''}` };
  };
const ATTACHABLE = ['ACTIVE', 'PAUSED', 'SHUTOFF'];

const ACTIONS: Readonly<Record<string, ServerAction>> = {
  stop: { from: ['ACTIVE'], ask: post({ 'os-stop': null }) },
  start: { from: ['SHUTOFF'], ask: post({ 'os-start': null }) },
  'soft reboot': { from: ['ACTIVE'], ask: post({ reboot: { type: 'SOFT' } }) },
  'hard reboot': {
    from: ['ACTIVE', 'SHUTOFF', 'PAUSED', 'SUSPENDED', 'ERROR'],
    ask: post({ reboot: { type: 'HARD' } }),
  },
  pause: { from: ['ACTIVE'], ask: post({ pause: null }) },
  unpause: { from: ['PAUSED'], ask: post({ unpause: null }) },
  suspend: { from: ['ACTIVE'], ask: post({ suspend: null }) },
  resume: { from: ['SUSPENDED'], ask: post({ resume: null }) },
  'crash dump': { from: ['ACTIVE', 'PAUSED'], ask: post({ trigger_crash_dump: null }) },
  'attach volume': {
    from: ATTACHABLE,
    ask: attach('os-volume_attachments', async (load) => ({ volumeAttachment: { volumeId: await load.makeVolume() } })),
  },
  'detach volume': {
    from: ATTACHABLE,
    ask: detach('os-volume_attachments', 'volumeAttachments', (v) => v['volumeId']),
  },
  'attach interface': {
    from: ATTACHABLE,
    ask: attach('os-interface', (load) => Promise.resolve({ interfaceAttachment: { net_id: load.network } })),
  },
  'detach interface': { from: ATTACHABLE, ask: detach('os-interface', 'interfaceAttachments', (c) => c['port_id']) },
};
/** What takes a guest that lets go of a device: the tiny one runs nothing that does. */
const NEEDS_GUEST: ReadonlySet<string> = new Set(['detach volume', 'detach interface']);

/** Actions asked for on one server, one after the other. */
const ROUNDS = 6;
/** The longest wait between two. Many come while the one before is under way, and are refused. */
const APART_MS = 2_500;
/** One in five is asked for whatever the server's status is. */
const ANYHOW = 1 / 5;
const POLL_MS = 250;

export class Actions {
  /** Requests by their answer: 2xx, and 409 (or Cinder's 400 for a volume in another state). */
  accepted = 0;
  refused = 0;
  /** Answers that are neither, by status and action; a server that is gone is none. */
  readonly others: string[] = [];
  /** The server that an action was asked for last. */
  newest: string | undefined;

  private readonly names: readonly string[];

  /** @param realGuests whether guests really run */
  constructor(
    private readonly load: Load,
    realGuests: boolean,
  ) {
    this.names = Object.keys(ACTIONS).filter((name) => !realGuests || !NEEDS_GUEST.has(name));
  }

  /** Asks for actions on a server once its boot has ended, until it is gone. @param random decides which and when */
  async run(id: string, random: () => number): Promise<void> {
    // Drawn at once, so that the same seed draws the same whatever happens meanwhile.
    const rounds = Array.from({ length: ROUNDS }, () => [random(), random(), random()] as const);
    while (this.load.isBuilding(id)) await sleep(POLL_MS);
    for (const [apart, anyhow, which] of rounds) {
      await sleep(apart * APART_MS);
      const { status, body } = await this.load.insist<{ server?: { status: string } }>(
        'GET',
        `/compute/v2.1/servers/${id}`,
      );
      if (status === 404) return;
      const may = this.names.filter((name) => ACTIONS[name]!.from.includes(body.server?.status ?? ''));
      const choices = anyhow < ANYHOW || may.length === 0 ? this.names : may;
      await this.act(id, choices[Math.floor(which * choices.length)]!);
    }
  }

  private async act(id: string, name: string): Promise<void> {
    const asked = await ACTIONS[name]!.ask(id, this.load);
    if (!asked) return;
    this.newest = id;
    const { status } = await this.load.insist(asked.method, asked.path, asked.body);
    if (status >= 200 && status < 300) this.accepted++;
    else if (status === 409 || status === 400) this.refused++;
    else if (status !== 404) this.others.push(`${status} for ${name} of ${id}`);
  }
}
