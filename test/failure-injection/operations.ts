/** How each operation of the matrix is begun, looked at and cleaned up. */
import { until } from '#cli/bench/measure';
import { workflowOf } from '../setup/operations.js';
import type { Tenant } from '../setup/tenant.js';
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

export const SCENARIOS: Record<Operation, Scenario> = {
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
