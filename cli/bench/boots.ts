import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Api } from '#apps/standalone/api';
import { findTiny, liftQuotas, tinyServer, type Tiny } from '#apps/standalone/tiny-server';
import { until } from './measure.js';

/** Between two looks at a server that boots alone: a few per cent of a boot. */
const SINGLE_POLL_MS = 4;
/** The first look comes after this part of the shortest boot so far: looks before that would only slow the boot down. */
const FIRST_LOOK = 0.85;
/** Between two looks at all that boot at once: a thirtieth of what a boot of the burst takes, so that looking is not the load. */
const BURST_POLL_MS = 100;
const BOOT_LIMIT_MS = 120_000;

/** Boots and deletes servers through the HTTP API, as a client does. */
export class Boots {
  private readonly ids: string[] = [];
  /** Milliseconds; 0 before the first. */
  private shortest = 0;
  private readonly building = new SharedList(() => this.listed('status=BUILD'));
  private readonly there = new SharedList(() => this.listed('name=^bench$'));

  private constructor(
    private readonly api: Api,
    readonly tiny: Tiny,
  ) {}

  static async prepare(api: Api): Promise<Boots> {
    await liftQuotas(api, api.projectId);
    return new Boots(api, await findTiny(api));
  }

  /** From the request to ACTIVE, with the server looked at alone. */
  async single(from: 'image' | 'volume' = 'image', imageRef = this.tiny.imageRef): Promise<void> {
    const began = performance.now();
    const id = await this.post(from, imageRef);
    await sleep(Math.max(0, began + this.shortest * FIRST_LOOK - performance.now()));
    await until(() => this.isActive(id), SINGLE_POLL_MS, BOOT_LIMIT_MS);
    this.shortest = Math.min(this.shortest || Infinity, performance.now() - began);
  }

  /** From the request to ACTIVE, one of many at once. */
  async oneOfMany(): Promise<string> {
    const id = await this.post();
    // What has left BUILD is looked at alone: whether it is ACTIVE, and if not its fault.
    await until(async () => ((await this.building.next()).has(id) ? undefined : this.isActive(id)), 0, BOOT_LIMIT_MS);
    return id;
  }

  /** From the request to ACTIVE and to gone. */
  async bootAndDelete(): Promise<void> {
    const id = await this.oneOfMany();
    await this.api.call('DELETE', `/compute/v2.1/servers/${id}`);
    await until(async () => ((await this.there.next()).has(id) ? undefined : true), 0, BOOT_LIMIT_MS);
    this.ids.splice(this.ids.indexOf(id), 1);
  }

  /** What Temporal was asked for in the newest boot. */
  async historyOfLast(client: Client): Promise<{ events: number; activities: number; workflowTasks: number }> {
    const query = `ServerId = "${this.ids.at(-1) ?? ''}" AND WorkflowType = "bootServer"`;
    const workflowId = await until(
      async () => {
        for await (const found of client.workflow.list({ query })) return found.workflowId;
        return undefined;
      },
      50,
      BOOT_LIMIT_MS,
    );
    const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
    const count = (has: (event: NonNullable<typeof events>[number]) => unknown): number =>
      (events ?? []).filter((event) => has(event)).length;
    return {
      events: events?.length ?? 0,
      activities: count((e) => e.activityTaskScheduledEventAttributes),
      workflowTasks: count((e) => e.workflowTaskCompletedEventAttributes),
    };
  }

  /** Deletes every server that was booted, and waits until all are gone. */
  async deleteAll(): Promise<void> {
    const ids = this.ids.splice(0);
    for (let at = 0; at < ids.length; at += 20)
      await Promise.all(ids.slice(at, at + 20).map((id) => this.api.request('DELETE', `/compute/v2.1/servers/${id}`)));
    await this.allGone('bench');
  }

  /** Waits until no server of a name is left, in any project. */
  async allGone(name: string): Promise<void> {
    const list = `/compute/v2.1/servers?all_tenants=1&limit=1&name=^${name}$`;
    await until(
      async () => ((await this.api.call<{ servers: unknown[] }>('GET', list)).servers.length === 0 ? true : undefined),
      100,
      BOOT_LIMIT_MS,
    );
  }

  private async post(from: 'image' | 'volume' = 'image', imageRef = this.tiny.imageRef): Promise<string> {
    const body = tinyServer({ ...this.tiny, imageRef }, from, { name: 'bench' });
    const { server } = await this.api.call<{ server: { id: string } }>('POST', '/compute/v2.1/servers', body);
    this.ids.push(server.id);
    return server.id;
  }

  /** True once it is; undefined while it is in BUILD. @throws its fault */
  private async isActive(id: string): Promise<true | undefined> {
    const { server } = await this.api.call<{ server: { status: string; fault?: { message: string } } }>(
      'GET',
      `/compute/v2.1/servers/${id}`,
    );
    if (server.status === 'BUILD') return undefined;
    if (server.status !== 'ACTIVE') throw new Error(`${id}: ${server.fault?.message ?? server.status}`);
    return true;
  }

  private async listed(filter: string): Promise<ReadonlySet<string>> {
    const { servers } = await this.api.call<{ servers: { id: string }[] }>('GET', `/compute/v2.1/servers?${filter}`);
    return new Set(servers.map((s) => s.id));
  }
}

/** A list that all who wait share: one each so often, however many they are. */
class SharedList {
  private coming: Promise<ReadonlySet<string>> | undefined;

  constructor(private readonly read: () => Promise<ReadonlySet<string>>) {}

  /** The next one; it is read later than this is called. */
  next(): Promise<ReadonlySet<string>> {
    this.coming ??= this.later();
    return this.coming;
  }

  private async later(): Promise<ReadonlySet<string>> {
    await sleep(BURST_POLL_MS);
    this.coming = undefined;
    return this.read();
  }
}
