/** How each operation of the matrix is begun, looked at and cleaned up. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { until } from '#cli/bench/measure';
import type { GuestDefinition } from '#drivers/hypervisor/definition';
import { idle, operationsOf, workflowOf } from '../setup/operations.js';
import type { ServerBody, Tenant } from '../setup/tenant.js';
import type { End, Operation } from './columns.js';

const POLL_MS = 50;
/** Every kill of a conductor costs the cells of its cloud a timeout of 15 s, and there are a dozen. */
const LIMIT_MS = 400_000;

/** One operation of one cell, on a server or volume of its own. */
export interface Subject {
  readonly id: string;
  readonly workflowId: string;
  /** Waits until the operation has ended for its user. @throws when it does not */
  ended(): Promise<{ end: End; why: string }>;
  /** What a user sends who does not want it any more. */
  delete(): Promise<void>;
  gone(): Promise<void>;
  /** Asks for the same again, where the server is not what the operation locks. @returns the answer's status */
  readonly again?: () => Promise<number>;
  /** Whether what is on the host is what the records say, beyond what an audit sees. @throws when it is not */
  readonly agrees?: () => Promise<void>;
}
/** Makes what has to be there before the operation begins, and returns what begins it. */
type Scenario = (tenant: Tenant, step: string) => Promise<() => Promise<Subject>>;

/** A boot from a volume fetches no image; every other step is one of both. */
const bootBody = (tenant: Tenant, step: string): object =>
  step === 'fetchImage' ? tenant.server() : tenant.volumeServer();

async function server(tenant: Tenant, id: string, operation: 'bootServer' | 'deleteServer'): Promise<Subject> {
  const path = `/compute/v2.1/servers/${id}`;
  return {
    id,
    workflowId: await workflowOf(tenant.cloud, operation, id),
    ended: () =>
      until(
        async () => {
          const { status, body } = await tenant.admin.request<{
            server: { status: string; fault?: { message: string } };
          }>('GET', path);
          if (status === 404) return { end: 'gone' as const, why: '' };
          if (operation === 'deleteServer' || body.server.status === 'BUILD') return undefined;
          const end: End = body.server.status === 'ACTIVE' ? 'done' : 'error';
          return { end, why: body.server.fault?.message ?? '' };
        },
        POLL_MS,
        LIMIT_MS,
      ),
    delete: async () => void (await tenant.api.request('DELETE', path)),
    gone: async () => void (await tenant.gone(id, LIMIT_MS)),
  };
}

async function volume(tenant: Tenant, id: string, operation: 'createVolume' | 'deleteVolume'): Promise<Subject> {
  return {
    id,
    workflowId: await workflowOf(tenant.cloud, operation, id),
    async ended() {
      if (operation === 'deleteVolume') {
        await tenant.volumeGone(id, LIMIT_MS);
        return { end: 'gone', why: '' };
      }
      const status = await tenant.volumeSettled(id, LIMIT_MS);
      return { end: status === 'available' ? 'done' : status === 'gone' ? 'gone' : 'error', why: status };
    },
    delete: async () => void (await tenant.api.request('DELETE', `/volume/v3/volumes/${id}`)),
    gone: async () => void (await tenant.volumeGone(id, LIMIT_MS)),
  };
}

const makeVolume = (tenant: Tenant): Promise<string> => tenant.postVolume({ imageRef: tenant.image });

/** An action on a server: it ends when its operation does, and what failed leaves the server as it was. */
async function acted(tenant: Tenant, id: string, kind: string): Promise<Subject> {
  const booted = await server(tenant, id, 'bootServer');
  const workflowId = await workflowOf(tenant.cloud, kind, id);
  return {
    id,
    workflowId,
    ended: () =>
      until(
        async () => {
          const state = (await operationsOf(tenant.cloud, id)).find((o) => o.id === workflowId)?.state ?? '';
          if (!['done', 'failed', 'undone'].includes(state)) return undefined;
          const { status, body } = await tenant.admin.request<{ server: ServerBody }>(
            'GET',
            `/compute/v2.1/servers/${id}`,
          );
          if (status === 404) return { end: 'gone' as const, why: '' };
          // A delete that wins ends the action first, and then its server.
          if (body.server['OS-EXT-STS:task_state'] === 'deleting') return undefined;
          return { end: state === 'done' ? ('done' as const) : ('error' as const), why: state };
        },
        POLL_MS,
        LIMIT_MS,
      ),
    delete: () => booted.delete(),
    gone: () => booted.gone(),
  };
}

/** @param before what brings a server that runs into the state in which the action may begin */
const actionScenario =
  (kind: string, body: object, before?: { body: object; status: string }): Scenario =>
  async (tenant) => {
    const id = await tenant.post();
    const { status } = await tenant.settled(id, LIMIT_MS);
    if (status !== 'ACTIVE') throw new Error(`The server to act on is in ${status}.`);
    const act = (what: object): Promise<unknown> => tenant.api.call('POST', `/compute/v2.1/servers/${id}/action`, what);
    if (before) {
      await act(before.body);
      await until(async () => ((await tenant.show(id)).status === before.status ? true : undefined), POLL_MS, LIMIT_MS);
    }
    return async () => {
      await act(body);
      return acted(tenant, id, kind);
    };
  };

interface Attachable {
  readonly path: string;
  readonly body: object;
  readonly id: string;
  /** It outlives its server. */
  readonly remove: () => Promise<unknown>;
}
const blankVolume = async (tenant: Tenant): Promise<Attachable> => {
  const id = await tenant.postVolume();
  await tenant.volumeSettled(id, LIMIT_MS);
  return {
    id,
    path: 'os-volume_attachments',
    body: { volumeAttachment: { volumeId: id } },
    remove: () => tenant.deleteVolume(id),
  };
};
/** A port of the user's own: it is there after the server, too, as the volume is. */
const ownPort = async (tenant: Tenant): Promise<Attachable> => {
  const { port } = await tenant.api.call<{ port: { id: string } }>('POST', '/network/v2.0/ports', {
    port: { network_id: tenant.network },
  });
  return {
    id: port.id,
    path: 'os-interface',
    body: { interfaceAttachment: { port_id: port.id } },
    remove: () => tenant.api.call('DELETE', `/network/v2.0/ports/${port.id}`),
  };
};

/** The guest has the disks and cards that its server is shown to have. */
async function expectDevices(tenant: Tenant, id: string): Promise<void> {
  const path = `/compute/v2.1/servers/${id}`;
  const { 'OS-EXT-SRV-ATTR:host': host } = await tenant.show(id);
  const [{ volumeAttachments }, { interfaceAttachments }, file] = await Promise.all([
    tenant.api.call<{ volumeAttachments: { volumeId: string }[] }>('GET', `${path}/os-volume_attachments`),
    tenant.api.call<{ interfaceAttachments: { port_id: string }[] }>('GET', `${path}/os-interface`),
    readFile(join(tenant.cloud.home, 'hosts', host, `${id}.json`), 'utf8'),
  ]);
  const { definition } = JSON.parse(file) as { definition: GuestDefinition };
  expect({
    disks: definition.disks.map((disk) => disk.volumeId).toSorted(),
    cards: definition.nics.map((card) => card.id).toSorted(),
  }).toEqual({
    disks: volumeAttachments.map((v) => v.volumeId).toSorted(),
    cards: interfaceAttachments.map((c) => c.port_id).toSorted(),
  });
}

/** @param detach what is attached is to be detached */
const attachmentScenario =
  (kind: string, make: (tenant: Tenant) => Promise<Attachable>, detach = false): Scenario =>
  async (tenant) => {
    const [id, { path, body, id: what, remove }] = await Promise.all([tenant.post(), make(tenant)]);
    const { status } = await tenant.settled(id, LIMIT_MS);
    if (status !== 'ACTIVE') throw new Error(`The server to act on is in ${status}.`);
    const url = `/compute/v2.1/servers/${id}/${path}`;
    const attach = (): Promise<unknown> => tenant.api.call('POST', url, body);
    if (detach) {
      await attach();
      await idle(tenant.cloud, id, LIMIT_MS);
    }
    return async () => {
      const ask: [string, string, object?] = detach ? ['DELETE', `${url}/${what}`] : ['POST', url, body];
      await tenant.api.call(...ask);
      const subject = await acted(tenant, id, kind);
      return {
        ...subject,
        agrees: () => expectDevices(tenant, id),
        again: async () => (await tenant.api.request(...ask)).status,
        async gone() {
          await subject.gone();
          await remove();
        },
      };
    };
  };

export const SCENARIOS: Record<Operation, Scenario> = {
  attachVolume: attachmentScenario('attachVolume', blankVolume),
  detachVolume: attachmentScenario('detachVolume', blankVolume, true),
  attachInterface: attachmentScenario('attachInterface', ownPort),
  detachInterface: attachmentScenario('detachInterface', ownPort, true),
  stopServer: actionScenario('stopServer', { 'os-stop': null }),
  startServer: actionScenario('startServer', { 'os-start': null }, { body: { 'os-stop': null }, status: 'SHUTOFF' }),
  rebootServer: actionScenario('rebootServer', { reboot: { type: 'HARD' } }),
  pauseServer: actionScenario('pauseServer', { pause: null }),
  unpauseServer: actionScenario('unpauseServer', { unpause: null }, { body: { pause: null }, status: 'PAUSED' }),
  suspendServer: actionScenario('suspendServer', { suspend: null }),
  resumeServer: actionScenario('resumeServer', { resume: null }, { body: { suspend: null }, status: 'SUSPENDED' }),
  triggerCrashDump: actionScenario('triggerCrashDump', { trigger_crash_dump: null }),
  bootServer: (tenant, step) =>
    Promise.resolve(async () => server(tenant, await tenant.post(bootBody(tenant, step)), 'bootServer')),
  async deleteServer(tenant) {
    const id = await tenant.post(tenant.volumeServer());
    const { status } = await tenant.settled(id, LIMIT_MS);
    if (status !== 'ACTIVE') throw new Error(`The server to delete is in ${status}.`);
    return async () => {
      await tenant.api.request('DELETE', `/compute/v2.1/servers/${id}`);
      return server(tenant, id, 'deleteServer');
    };
  },
  createVolume: (tenant) => Promise.resolve(async () => volume(tenant, await makeVolume(tenant), 'createVolume')),
  async deleteVolume(tenant) {
    const id = await makeVolume(tenant);
    const status = await tenant.volumeSettled(id, LIMIT_MS);
    if (status !== 'available') throw new Error(`The volume to delete is ${status}.`);
    return async () => {
      await tenant.api.request('DELETE', `/volume/v3/volumes/${id}`);
      return volume(tenant, id, 'deleteVolume');
    };
  },
};
