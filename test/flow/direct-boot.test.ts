import { expect, inject as provided, it } from 'vitest';
import { netImage } from '#apps/standalone/net-image/index';
import { findActive, seedNetImage } from '#apps/standalone/seed';
import { until } from '#cli/bench/measure';
import { orphansOf, Tenant } from '../setup/tenant.js';

const cloud = provided('real');
/** m1.micro */
const FLAVOR = '84';

const image = await netImage().catch((error: unknown) => {
  console.warn(`novaflow-net cannot be made here, and is not tested: ${String(error)}`);
  return undefined;
});

it.skipIf(image === undefined)(
  'a server boots by the kernel and ramdisk that its image names, and runs its user data, in memory that they fit in',
  async () => {
    const tenant = await Tenant.make(cloud);
    await seedNetImage(tenant.admin, () => Promise.resolve(image!));
    const imageRef = await findActive(tenant.api, 'novaflow-net');
    const user_data = Buffer.from('#!/bin/sh\necho "steered from outside"\n').toString('base64');
    const fields = { imageRef, config_drive: true, user_data };
    const small = await tenant.api.request('POST', '/compute/v2.1/servers', tenant.server(fields));
    expect([small.status, JSON.stringify(small.body)]).toEqual([
      400,
      expect.stringContaining("Flavor's memory is too small for requested image."),
    ]);
    const id = await tenant.post(tenant.server({ ...fields, flavorRef: FLAVOR }));
    expect((await tenant.settled(id)).status).toBe('ACTIVE');
    const said = await until(
      async () => {
        const { body } = await tenant.api.request<{ output?: string }>('POST', `/compute/v2.1/servers/${id}/action`, {
          'os-getConsoleOutput': {},
        });
        return body.output?.includes('user data ended with 0') ? body.output : undefined;
      },
      200,
      60_000,
    );
    expect(said).toContain(`novaflow-net: server ${id}`);
    expect(said).toContain('novaflow-net: metadata from config drive');
    expect(said).toContain('steered from outside');
    await tenant.delete(id);
    expect(await orphansOf(cloud, [id])).toEqual([]);
  },
);
