/** All slots of a worker are taken by steps that wait, and whoever comes then waits for one and is served. */
import { FaultStore } from '#apps/faults/store';
import { liftQuotas } from '#apps/standalone/tiny-server';
import { until } from '#cli/bench/measure';
import { expect } from 'vitest';
import type { TestCloud } from '../setup/clouds.js';
import { inject } from '../setup/faults.js';
import { NOTHING, Tenant, orphansOf } from '../setup/tenant.js';
import type { Role } from './columns.js';

interface Crowd {
  /** As many as the role runs at once (apps/worker). */
  readonly slots: number;
  /** The step that takes them. */
  readonly step: string;
  /** Asks for so many things that come to the step. @returns their ids */
  readonly begin: (tenant: Tenant, count: number) => Promise<string[]>;
  /** Takes them away again, whatever they are doing. */
  readonly end: (tenant: Tenant, ids: readonly string[]) => Promise<unknown>;
}

const servers: Pick<Crowd, 'begin' | 'end'> = {
  async begin(tenant, count) {
    await tenant.post(tenant.server({ min_count: count }));
    const { servers: made } = await tenant.api.call<{ servers: { id: string }[] }>('GET', '/compute/v2.1/servers');
    return made.map((s) => s.id);
  },
  end: (tenant, ids) => Promise.all(ids.map((id) => tenant.delete(id))),
};

export const CROWDS: Partial<Record<Role, Crowd>> = {
  conductor: { slots: 100, step: 'allocateNetwork', ...servers },
  compute: { slots: 50, step: 'fetchImage', ...servers },
  volume: {
    slots: 20,
    step: 'connectVolume',
    begin: (tenant, count) => Promise.all(Array.from({ length: count }, () => tenant.postVolume())),
    async end(tenant, ids) {
      await Promise.all(ids.map(async (id) => expect(await tenant.volumeSettled(id, LIMIT_MS)).toBe('available')));
      await Promise.all(ids.map((id) => tenant.deleteVolume(id)));
    },
  },
};

/** Some wait in the queue, behind those that have a slot. */
const MORE = 5;
/** Half of what a step without a heartbeat is given (10 s), so that nothing of it fails where the machine is busy with the crowd itself. */
const WAIT_MS = 5_000;
const LIMIT_MS = 240_000;

/** Fills a role's slots, boots a server of somebody else's meanwhile, and takes the crowd away. */
export async function expectService(cloud: TestCloud, { slots, step, begin, end }: Crowd): Promise<void> {
  const [crowd, other] = [await Tenant.make(cloud), await Tenant.make(cloud)];
  await liftQuotas(crowd.admin, crowd.api.projectId);
  const project = crowd.api.projectId;
  const clear = await inject(cloud, { project, step, phase: 'before', kind: 'delay', ms: WAIT_MS });
  const ids = await begin(crowd, slots + MORE);
  const taken = (): number => new FaultStore(cloud.home).hits().filter((h) => h.project === project).length;
  await until(() => Promise.resolve(taken() >= slots ? true : undefined), 50, LIMIT_MS);
  const id = await other.post(other.volumeServer());
  const server = await other.settled(id, LIMIT_MS);
  expect(server).toMatchObject({ status: 'ACTIVE' });
  await end(crowd, ids);
  await clear();
  await other.delete(id);
  expect(await crowd.holdings()).toEqual(NOTHING);
  expect(await other.holdings()).toEqual(NOTHING);
  expect(await orphansOf(cloud, [id, ...ids])).toEqual([]);
}
