import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Api } from '#apps/standalone/api';
import { until } from '#cli/bench/measure';
import { findTiny, tinyServer, type Tiny } from '#apps/standalone/tiny-server';
import type { AuditReport, Orphan } from '#services/audit/index';
import type { TestCloud } from './clouds.js';

export interface ServerBody {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly fault?: { readonly code: number; readonly message: string; readonly details?: string };
  readonly addresses: Record<string, { addr: string }[]>;
  readonly 'OS-EXT-STS:task_state': string | null;
  readonly 'OS-EXT-SRV-ATTR:host': string;
  readonly 'os-extended-volumes:volumes_attached': { id: string }[];
}
export interface EventBody {
  readonly event: string;
  readonly result: string | null;
  readonly details: string | null;
}

export interface VolumeBody {
  readonly status: string;
  readonly attachments: readonly { readonly server_id: string }[];
}

/** How long a state may take to come; every wait is for a state. */
const LIMIT_MS = 120_000;
/** A volume's: it takes one host and no guest. */
const VOLUME_LIMIT_MS = 30_000;
const POLL_MS = 50;
/** How long something may be ending. */
const ENDING_MS = 60_000;

const admins = new Map<string, Promise<Api>>();
/** The administrator's session of a cloud, one for all tests of a file. */
export function adminOf({ authUrl, passwords }: TestCloud): Promise<Api> {
  let admin = admins.get(authUrl);
  if (!admin) {
    admin = Api.login({ authUrl, username: 'admin', password: passwords.admin, project: 'admin' });
    admins.set(authUrl, admin);
  }
  return admin;
}

const made = new Map<string, Set<string>>();
/** Projects of the tenants that this file's tests made in a cloud. */
export const tenantsOf = ({ home }: TestCloud): ReadonlySet<string> => made.get(home) ?? new Set();

/** Makes something that a busy cloud may put off (passwords are hashed a few at a time): then every client asks again. */
const make = <T>(admin: Api, path: string, body: object): Promise<T> =>
  until(
    async () => {
      const answer = await admin.request<T>('POST', path, body);
      if (answer.status !== 201 && answer.status !== 503)
        throw new Error(`POST ${path} was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
      return answer.status === 503 ? undefined : answer.body;
    },
    POLL_MS,
    LIMIT_MS,
  );

/** A project and a user of its own, so that tests run side by side and see nothing of each other. */
export class Tenant {
  private constructor(
    readonly cloud: TestCloud,
    readonly api: Api,
    readonly admin: Api,
    private readonly tiny: Tiny,
    readonly userId: string,
    readonly userName: string,
    readonly password: string,
  ) {}

  static async make(cloud: TestCloud, role = 'member'): Promise<Tenant> {
    const admin = await adminOf(cloud);
    const name = `t-${randomUUID().slice(0, 8)}`;
    const password = randomUUID();
    const [{ project }, { user }, { roles }] = await Promise.all([
      make<{ project: { id: string } }>(admin, '/identity/v3/projects', { project: { name } }),
      make<{ user: { id: string } }>(admin, '/identity/v3/users', { user: { name, password } }),
      admin.call<{ roles: { id: string; name: string }[] }>('GET', '/identity/v3/roles'),
    ]);
    await admin.call(
      'PUT',
      `/identity/v3/projects/${project.id}/users/${user.id}/roles/${roles.find((r) => r.name === role)!.id}`,
    );
    const api = await Api.login({ authUrl: cloud.authUrl, username: name, password, project: name });
    const tiny = await findTiny(api);
    made.set(cloud.home, new Set([...tenantsOf(cloud), project.id]));
    return new Tenant(cloud, api, admin, tiny, user.id, name, password);
  }

  /** A body for POST /servers that boots from the tiny image. */
  server(overrides: object = {}): { server: object } {
    return tinyServer(this.tiny, 'image', { name: 'vm', ...overrides });
  }
  /** The same, from a new volume. */
  volumeServer(overrides: object = {}): { server: object } {
    return tinyServer(this.tiny, 'volume', { name: 'vm', ...overrides });
  }

  get image(): string {
    return this.tiny.imageRef;
  }
  get network(): string {
    return this.tiny.networkId;
  }

  async post(body: object = this.server()): Promise<string> {
    return (await this.api.call<{ server: { id: string } }>('POST', '/compute/v2.1/servers', body)).server.id;
  }

  /** As its administrator sees it: with the fault's details. */
  async show(id: string): Promise<ServerBody> {
    return (await this.admin.call<{ server: ServerBody }>('GET', `/compute/v2.1/servers/${id}`)).server;
  }

  /** Waits until the server is no longer in BUILD. */
  settled(id: string, limitMs = LIMIT_MS): Promise<ServerBody> {
    return until(
      async () => {
        const server = await this.show(id);
        return server.status === 'BUILD' ? undefined : server;
      },
      POLL_MS,
      limitMs,
    );
  }

  async delete(id: string): Promise<void> {
    await this.api.call('DELETE', `/compute/v2.1/servers/${id}`);
    await this.gone(id);
  }

  gone(id: string, limitMs = LIMIT_MS): Promise<true> {
    return until(
      async () => ((await this.admin.request('GET', `/compute/v2.1/servers/${id}`)).status === 404 ? true : undefined),
      POLL_MS,
      limitMs,
    );
  }

  async events(id: string, action = 'create'): Promise<EventBody[]> {
    const { instanceActions } = await this.api.call<{ instanceActions: { action: string; request_id: string }[] }>(
      'GET',
      `/compute/v2.1/servers/${id}/os-instance-actions`,
    );
    const request = instanceActions.find((a) => a.action === action)!.request_id;
    const { instanceAction } = await this.api.call<{ instanceAction: { events: EventBody[] } }>(
      'GET',
      `/compute/v2.1/servers/${id}/os-instance-actions/${request}`,
    );
    return instanceAction.events;
  }

  /** Makes a network of the tenant's own, with an IPv4 subnet. @returns its id */
  async ownNetwork(name: string, cidr: string): Promise<string> {
    const { network } = await this.api.call<{ network: { id: string } }>('POST', '/network/v2.0/networks', {
      network: { name },
    });
    await this.api.call('POST', '/network/v2.0/subnets', { subnet: { network_id: network.id, ip_version: 4, cidr } });
    return network.id;
  }

  /** Asks for a volume of 1 GiB, blank unless the fields name an image. */
  async postVolume(fields: object = {}): Promise<string> {
    const body = { volume: { size: 1, ...fields } };
    return (await this.api.call<{ volume: { id: string } }>('POST', '/volume/v3/volumes', body)).volume.id;
  }

  /** The volume; undefined when it is gone. */
  async showVolume(id: string): Promise<VolumeBody | undefined> {
    const { status, body } = await this.api.request<{ volume: VolumeBody }>('GET', `/volume/v3/volumes/${id}`);
    if (status !== 200 && status !== 404) throw new Error(`Volume ${id} cannot be shown: ${status}.`);
    return status === 404 ? undefined : body.volume;
  }

  /** Waits until the volume is no longer being made, and says what it is then. */
  volumeSettled(id: string, limitMs = VOLUME_LIMIT_MS): Promise<string> {
    return until(
      async () => {
        const { status = 'gone' } = (await this.showVolume(id)) ?? {};
        return status === 'creating' ? undefined : status;
      },
      POLL_MS,
      limitMs,
    );
  }

  async deleteVolume(id: string): Promise<void> {
    // The database of a busy machine may not answer at once: then every client asks again.
    const status = await until(
      async () => {
        const answer = await this.api.request('DELETE', `/volume/v3/volumes/${id}`);
        return answer.status === 503 ? undefined : answer.status;
      },
      POLL_MS,
      LIMIT_MS,
    );
    if (status !== 202) throw new Error(`The delete of volume ${id} was answered ${status}.`);
    await this.volumeGone(id);
  }

  volumeGone(id: string, limitMs = VOLUME_LIMIT_MS): Promise<true> {
    return until(async () => ((await this.showVolume(id)) === undefined ? true : undefined), POLL_MS, limitMs);
  }

  /** What the project holds of each resource class. */
  async holdings(): Promise<Record<string, unknown>> {
    const [{ limits }, { ports }, { volumes }, { usages }] = await Promise.all([
      this.api.call<{ limits: { absolute: Record<string, number> } }>('GET', '/compute/v2.1/limits'),
      this.api.call<{ ports: unknown[] }>('GET', '/network/v2.0/ports'),
      this.api.call<{ volumes: unknown[] }>('GET', '/volume/v3/volumes'),
      this.api.call<{ usages: Record<string, number> }>(
        'GET',
        `/placement/usages?project_id=${this.api.projectId}`,
        undefined,
        { 'openstack-api-version': 'placement 1.9' },
      ),
    ]);
    const { totalInstancesUsed, totalCoresUsed, totalRAMUsed } = limits.absolute;
    return {
      instances: totalInstancesUsed,
      cores: totalCoresUsed,
      ram: totalRAMUsed,
      ports: ports.length,
      volumes: volumes.length,
      claims: usages,
    };
  }
}

/** What a project holds that holds nothing. */
export const NOTHING = { instances: 0, cores: 0, ram: 0, ports: 0, volumes: 0, claims: {} };

/** Audits of one cloud that are under way: who asks while one runs shares the next one. */
const next = new Map<string, Promise<readonly Orphan[]>>();
const running = new Map<string, Promise<unknown>>();

/** What is orphaned in a whole cloud, however young it is. */
export function orphansIn(cloud: TestCloud): Promise<readonly Orphan[]> {
  const { home } = cloud;
  let audit = next.get(home);
  if (audit) return audit;
  audit = (async () => {
    await running.get(home);
    next.delete(home);
    const admin = await adminOf(cloud);
    // Where conductors are killed, an audit may not end in its time: then another one is run.
    const result = until(
      async () => {
        const { status, body } = await admin.request<AuditReport>('POST', '/internal/audit', { min_age: 0 });
        return status === 200 ? body : undefined;
      },
      500,
      600_000,
    );
    running.set(
      home,
      result.catch(() => undefined),
    );
    const { orphans, unreachable } = await result;
    if (unreachable.length > 0) throw new Error(`${unreachable.join(', ')} did not answer the audit.`);
    return orphans;
  })();
  next.set(home, audit);
  return audit;
}

/**
 * What is left of some things, by an audit. With no least age an audit also names what is just ending (a workflow closes a moment
 * after the operation that it does), so what is found is looked at again, and what stays is what is left.
 */
export async function orphansOf(cloud: TestCloud, ids: readonly string[]): Promise<readonly Orphan[]> {
  const end = Date.now() + ENDING_MS;
  for (;;) {
    const orphans = (await orphansIn(cloud)).filter((o) =>
      ids.some((id) => o.id.includes(id) || o.owner === id || o.why.includes(id)),
    );
    if (orphans.length === 0 || Date.now() >= end) return orphans;
    await sleep(POLL_MS);
  }
}
