import { randomUUID } from 'node:crypto';
import { until } from '#cli/bench/measure';
import { openDatabase } from '#services/kernel/database';
import type { TestCloud } from '../setup/clouds.js';
import { Tenant } from '../setup/tenant.js';
import type { Sender } from './requests.js';

/** Things of a sender, by a part of the path: made at the beginning, and by his requests. */
type Ids = Map<string, string[]>;
type Person = Sender & { readonly ids: Ids; readonly tenant?: Tenant };

/** Where the fuzz takes place: who sends, and what they have. */
export interface World {
  readonly senders: readonly Person[];
  /** Notes what a request made, so that a later one can use and delete it. */
  learn(sender: Sender, target: string, body: string): void;
  /** Whether each sender is still who he was: a fuzz that disables its own user tests nothing any more. */
  footing(): Promise<boolean>;
  /** Deletes all that is left, and waits until it is gone. */
  clean(): Promise<void>;
}

/** Collections of the API whose members a project can delete, in the order in which they can go. */
const COLLECTIONS = [
  ['/compute/v2.1/servers', 'servers'],
  ['/volume/v3/volumes', 'volumes'],
  ['/image/v2/images', 'images'],
  ['/network/v2.0/floatingips', 'floatingips'],
  ['/network/v2.0/routers', 'routers'],
  ['/network/v2.0/trunks', 'trunks'],
  ['/network/v2.0/ports', 'ports'],
  ['/network/v2.0/subnets', 'subnets'],
  ['/network/v2.0/networks', 'networks'],
  ['/network/v2.0/subnetpools', 'subnetpools'],
  ['/network/v2.0/network_segment_ranges', 'network_segment_ranges'],
  ['/network/v2.0/address-scopes', 'address_scopes'],
  ['/network/v2.0/address-groups', 'address_groups'],
  ['/network/v2.0/security-groups', 'security_groups'],
  ['/network/v2.0/metering/metering-labels', 'metering_labels'],
  ['/network/v2.0/qos/policies', 'policies'],
  ['/network/v2.0/security-groups-default-statefulness', 'security_groups_default_statefulness'],
  // Those about what is gone by now went with it.
  ['/network/v2.0/rbac-policies', 'rbac_policies'],
] as const;

export async function makeWorld(cloud: TestCloud): Promise<World> {
  const [member, admin] = await Promise.all([Tenant.make(cloud), Tenant.make(cloud, 'admin')]);
  const decoys = await makeDecoys(cloud, admin);
  const person = (name: 'member' | 'admin', tenant: Tenant): Person => ({
    name,
    token: tenant.api.sessionToken,
    tenant,
    names: namesOf(tenant, decoys),
    ids: idsOf(name, decoys),
  });
  const people = [person('member', member), person('admin', admin)];
  const nobody: Person = {
    name: 'nobody',
    token: undefined,
    names: namesOf(member, decoys),
    ids: idsOf('member', decoys),
  };
  return {
    senders: [nobody, ...people],
    learn: (sender, target, body) =>
      learn(
        people.find((p) => p.name === sender.name),
        target,
        body,
      ),
    footing: async () => {
      const answers = await Promise.all(
        people.map((p) =>
          fetch(`${p.tenant!.api.base}/identity/v3/auth/catalog`, { headers: { 'x-auth-token': p.token ?? '' } }),
        ),
      );
      return answers.every((a) => a.status === 200);
    },
    clean: async () => {
      await Promise.all(people.map((p) => cleanProject(p.tenant!)));
      await forgetDecoys(cloud, decoys);
    },
  };
}

interface Decoys {
  readonly flavor: string;
  readonly user: string;
  readonly group: string;
  readonly project: string;
  readonly provider: string;
  readonly consumer: string;
}

/** Things that only an administrator can make, and that nothing else needs: they may be changed and deleted. */
async function makeDecoys(cloud: TestCloud, admin: Tenant): Promise<Decoys> {
  const name = `decoy-${randomUUID().slice(0, 8)}`;
  const provider = randomUUID();
  const [{ flavor }, { user }, { group }, { project }] = await Promise.all([
    admin.api.call<{ flavor: { id: string } }>('POST', '/compute/v2.1/flavors', {
      flavor: { name, ram: 64, vcpus: 1, disk: 1 },
    }),
    admin.api.call<{ user: { id: string } }>('POST', '/identity/v3/users', { user: { name, password: 'decoy' } }),
    admin.api.call<{ group: { id: string } }>('POST', '/identity/v3/groups', { group: { name } }),
    admin.api.call<{ project: { id: string } }>('POST', '/identity/v3/projects', { project: { name } }),
  ]);
  // No host has it, so the scheduler does not see it.
  const { sql, close } = openDatabase(cloud.databaseUrl, 1);
  await sql.$executeRaw`INSERT INTO placement.resource_providers (id, name) VALUES (${provider}, ${name})`;
  await close();
  return { flavor: flavor.id, user: user.id, group: group.id, project: project.id, provider, consumer: randomUUID() };
}

async function forgetDecoys(cloud: TestCloud, { provider, consumer }: Decoys): Promise<void> {
  const { sql, close } = openDatabase(cloud.databaseUrl, 1);
  await sql.$executeRaw`DELETE FROM placement.allocations WHERE consumer_id = ${consumer} OR resource_provider_id = ${provider}`;
  // Those that requests made are under none but each other.
  await sql.$executeRaw`UPDATE placement.resource_providers SET parent_provider_id = NULL WHERE name LIKE 'fuzz-%'`;
  await sql.$executeRaw`DELETE FROM placement.resource_providers WHERE id = ${provider} OR name LIKE 'fuzz-%'`;
  await close();
}

const namesOf = (tenant: Tenant, decoys: Decoys): Sender['names'] => ({
  image: tenant.image,
  network: tenant.network,
  project: tenant.api.projectId,
  user: tenant.userName,
  password: tenant.password,
  provider: decoys.provider,
});

/** An administrator is given only what nobody needs. A member cannot change what is not his: he may try the flavors. */
const idsOf = (name: 'member' | 'admin', d: Decoys): Ids =>
  new Map([
    ['flavors', name === 'admin' ? [d.flavor] : [d.flavor, '42']],
    ['users', [d.user]],
    ['groups', [d.group]],
    ['projects', [d.project]],
    ['os-quota-sets', [d.project]],
    ['resource_providers', [d.provider]],
    ['allocations', [d.consumer]],
  ]);

function learn(person: Person | undefined, target: string, body: string): void {
  const collection = /^\/[\w-]+\/v[\d.]+\/([\w-]+)\/?(\?|$)/.exec(target)?.[1];
  if (!person || collection === undefined) return;
  try {
    const parsed = JSON.parse(body) as Record<string, unknown>;
    const inner = Object.values(parsed)[0] as { id?: unknown; name?: unknown } | undefined;
    const made = parsed['id'] ?? parsed['alarm_id'] ?? inner?.id ?? inner?.name;
    if (typeof made === 'string') person.ids.set(collection, [...(person.ids.get(collection) ?? []).slice(-40), made]);
  } catch {
    // An answer without JSON names nothing.
  }
}

/** What keeps routers and what is on their subnets: their interfaces. */
async function removeInterfaces({ api }: Tenant): Promise<void> {
  const { ports } = await api.call<{ ports: { id: string; device_id: string }[] }>(
    'GET',
    `/network/v2.0/ports?project_id=${api.projectId}&device_owner=network:router_interface`,
  );
  for (const { id, device_id } of ports)
    await api.request('PUT', `/network/v2.0/routers/${device_id}/remove_router_interface`, { port_id: id });
}

async function cleanProject(tenant: Tenant): Promise<void> {
  const { api } = tenant;
  await removeInterfaces(tenant);
  for (const [path, key] of COLLECTIONS) {
    const own = async (): Promise<{ id: string; name?: string }[]> => {
      const filter = key === 'images' ? `owner=${api.projectId}` : `project_id=${api.projectId}`;
      const all =
        (await api.call<Record<string, { id: string; name?: string }[]>>('GET', `${path}?${filter}`))[key] ?? [];
      // A project's default security group stays.
      return all.filter(({ name }) => key !== 'security_groups' || name !== 'default');
    };
    await until(
      async () => {
        const left = await own();
        // A volume that is still being made is asked again.
        await Promise.all(left.map(({ id }) => api.request('DELETE', `${path}/${id}`)));
        return left.length === 0 ? true : undefined;
      },
      200,
      120_000,
    );
  }
  const alarms = await api.call<{ alarm_id: string }[]>('GET', '/alarming/v2/alarms');
  await Promise.all(alarms.map((one) => api.request('DELETE', `/alarming/v2/alarms/${one.alarm_id}`)));
  const account = `/object-store/v1/AUTH_${api.projectId}`;
  const list = async (path: string): Promise<{ name: string }[]> => {
    const { status, body } = await api.request<{ name: string }[]>('GET', `${path}?format=json`);
    return status === 200 ? body : [];
  };
  for (const container of await list(account)) {
    const path = `${account}/${encodeURIComponent(container.name)}`;
    for (const object of await list(path)) await api.request('DELETE', `${path}/${encodeURIComponent(object.name)}`);
    await api.request('DELETE', path);
  }
}
