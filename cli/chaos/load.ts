import { setTimeout as sleep } from 'node:timers/promises';
import { Api, type Login } from '#apps/standalone/api';
import { findTiny, liftQuotas, tinyServer, type Tiny } from '#apps/standalone/tiny-server';

/** A server that was accepted with 202, and what became of it. Times in milliseconds from the beginning. */
export interface Accepted {
  readonly id: string;
  readonly at: number;
  /** What it needs may be taken away while it is built. */
  readonly mayFail: boolean;
  settledAt?: number;
  status?: string;
  fault?: string;
  deleteAt?: number;
  goneAt?: number;
}
/** How many servers were in BUILD at a moment. */
export interface Sample {
  readonly at: number;
  readonly building: number;
}
export interface ListedServer {
  readonly id: string;
  readonly status: string;
  readonly 'OS-EXT-STS:task_state': string | null;
  readonly fault?: { readonly message: string };
}

/** By it the leftovers of lost answers are found. */
export const NAME = 'chaos';
/** Whatever state a volume waits for comes within this, or it is left to the clean-up at the end, which does not give up. */
export const SETTLES_WITHIN_MS = 120_000;
const VOLUME_POLL_MS = 500;
const LOOK_MS = 250;
/** Who is refused, or not answered, asks again after this. */
const ASK_AGAIN_MS = 250;
/** A client that gets no answer for this long takes the request for lost. */
const ANSWER_MS = 20_000;

/** Boots and deletes servers through the API at a steady rate, and watches each to its end. */
export class Load {
  readonly servers = new Map<string, Accepted>();
  readonly samples: Sample[] = [];
  /** Requests that got no answer, or a 5xx. */
  refused = 0;
  unanswered = 0;
  slowestAnswerMs = 0;

  private constructor(
    private readonly api: Api,
    private readonly tiny: Tiny,
    private readonly began: number,
  ) {}

  static async prepare(login: Login): Promise<Load> {
    const api = await Api.login(login);
    await liftQuotas(api, api.projectId);
    return new Load(api, await findTiny(api), Date.now());
  }

  get startedAt(): number {
    return this.began;
  }

  /**
   * Asks for a server until the API accepts it. @returns its id
   * @param network another one than the cloud's first: it may be deleted under the boot
   */
  async boot(from: 'image' | 'volume', network?: string): Promise<string> {
    const tiny = network === undefined ? this.tiny : { ...this.tiny, networkId: network };
    const answer = await this.insist<{ server: { id: string } }>(
      'POST',
      '/compute/v2.1/servers',
      tinyServer(tiny, from, { name: 'chaos' }),
    );
    if (answer.status !== 202)
      throw new Error(`POST /servers answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    const { id } = answer.body.server;
    this.servers.set(id, { id, at: this.now(), mayFail: network !== undefined });
    return id;
  }

  async delete(id: string): Promise<void> {
    const server = this.servers.get(id);
    if (server) server.deleteAt ??= this.now();
    await this.insist('DELETE', `/compute/v2.1/servers/${id}`);
  }

  /** Whether neither the end of its boot nor that of the server has been seen yet. */
  isBuilding(id: string): boolean {
    const server = this.servers.get(id);
    return server !== undefined && server.settledAt === undefined && server.goneAt === undefined;
  }

  /** Makes a blank volume of the name by which the end of a run finds it. @returns its id, when it is made */
  async makeVolume(): Promise<string> {
    const { body } = await this.insist<{ volume: { id: string } }>('POST', '/volume/v3/volumes', {
      volume: { name: NAME, size: 1 },
    });
    const { id } = body.volume;
    await this.volumeIsMade(id);
    return id;
  }

  /** Waits until a volume is no longer being made, or takes too long for that. */
  async volumeIsMade(id: string): Promise<void> {
    for (const end = Date.now() + SETTLES_WITHIN_MS; Date.now() < end; await sleep(VOLUME_POLL_MS)) {
      const { body } = await this.insist<{ volume?: { status: string } }>('GET', `/volume/v3/volumes/${id}`);
      if (body.volume?.status !== 'creating') return;
    }
  }

  get network(): string {
    return this.tiny.networkId;
  }
  get image(): string {
    return this.tiny.imageRef;
  }

  /** Asks until there is an answer that is not "try again": what a client does that wants something done. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the answer's shape
  async insist<T>(method: string, path: string, body?: object): Promise<{ status: number; body: T }> {
    for (;;) {
      const answer = await this.ask<T>(method, path, body);
      if (answer && answer.status < 500) return answer;
      await sleep(ASK_AGAIN_MS);
    }
  }

  /** Looks at all servers again and again until the signal. */
  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look();
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** What the API lists now; undefined when it does not answer. */
  async look(): Promise<readonly ListedServer[] | undefined> {
    const listed: ListedServer[] = [];
    let marker = '';
    for (;;) {
      const answer = await this.ask<{ servers: ListedServer[] }>(
        'GET',
        `/compute/v2.1/servers/detail?limit=1000${marker}`,
      );
      if (answer?.status !== 200) return undefined;
      listed.push(...answer.body.servers);
      if (answer.body.servers.length < 1000) break;
      marker = `&marker=${answer.body.servers.at(-1)?.id ?? ''}`;
    }
    const seen = new Map(listed.map((s) => [s.id, s]));
    const now = this.now();
    for (const server of this.servers.values()) {
      const shown = seen.get(server.id);
      if (!shown) {
        if (server.deleteAt !== undefined) server.goneAt ??= now;
      } else if (shown.status !== 'BUILD' && server.settledAt === undefined) {
        server.settledAt = now;
        server.status = shown.status;
        if (shown.fault) server.fault = shown.fault.message;
      }
    }
    this.samples.push({ at: now, building: listed.filter((s) => s.status === 'BUILD').length });
    return listed;
  }

  /** An audit now; undefined when it does not come to an end. */
  async audit(): Promise<{ orphans: { kind: string; id: string; why: string }[]; unreachable: string[] } | undefined> {
    const answer = await this.ask<{ orphans: { kind: string; id: string; why: string }[]; unreachable: string[] }>(
      'POST',
      '/internal/audit',
      { min_age: 0 },
    );
    return answer?.status === 200 ? answer.body : undefined;
  }

  async stuckOperations(): Promise<number> {
    const answer = await this.ask<{ operations: unknown[] }>('GET', '/internal/operations/stuck');
    return answer?.status === 200 ? answer.body.operations.length : NaN;
  }

  now(): number {
    return Date.now() - this.began;
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the answer's shape
  private async ask<T>(method: string, path: string, body?: object) {
    const began = Date.now();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), ANSWER_MS)));
    const answer = await Promise.race([this.api.request<T>(method, path, body).catch(() => undefined), late]);
    clearTimeout(timer);
    if (!answer) this.unanswered++;
    else if (answer.status >= 500) this.refused++;
    // An audit takes its time, and is no request of a user's.
    if (!path.startsWith('/internal')) this.slowestAnswerMs = Math.max(this.slowestAnswerMs, Date.now() - began);
    return answer;
  }
}
