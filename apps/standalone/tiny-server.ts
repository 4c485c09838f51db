/** What the tools and the tests boot: the tiny image, as small as it gets, on the cloud's first network. */
import type { Api } from './api.js';
import { IMAGE_NAME } from './guest-image.js';
import { NETWORK } from './seed-data.js';

/** Ids of what `npm start` puts into a new cloud. */
export interface Tiny {
  readonly imageRef: string;
  readonly flavorRef: string;
  readonly networkId: string;
}
/** m1.nano. */
const FLAVOR_ID = '42';

export async function findTiny(api: Api): Promise<Tiny> {
  const [{ images }, { networks }] = await Promise.all([
    api.call<{ images: { id: string }[] }>('GET', `/image/v2/images?name=${IMAGE_NAME}`),
    api.call<{ networks: { id: string }[] }>('GET', `/network/v2.0/networks?name=${NETWORK.name}`),
  ]);
  return { imageRef: images[0]!.id, flavorRef: FLAVOR_ID, networkId: networks[0]!.id };
}

/** A body for POST /servers. @param from where its root disk comes from: the image, or a new volume made of it */
export function tinyServer(
  { imageRef, flavorRef, networkId }: Tiny,
  from: 'image' | 'volume',
  fields: { readonly name: string; readonly [field: string]: unknown },
): { server: object } {
  const root = {
    uuid: imageRef,
    boot_index: 0,
    source_type: 'image',
    destination_type: 'volume',
    volume_size: 1,
    delete_on_termination: true,
  };
  const source = from === 'image' ? { imageRef } : { imageRef: '', block_device_mapping_v2: [root] };
  return { server: { flavorRef, networks: [{ uuid: networkId }], ...source, ...fields } };
}

/** Takes the quotas off a project: its servers, and what they are made of. @param admin an administrator's session */
export async function liftQuotas(admin: Api, projectId: string): Promise<void> {
  await Promise.all([
    admin.call('PUT', `/compute/v2.1/os-quota-sets/${projectId}`, {
      quota_set: { instances: -1, cores: -1, ram: -1 },
    }),
    admin.call('PUT', `/volume/v3/os-quota-sets/${projectId}`, { quota_set: { volumes: -1, gigabytes: -1 } }),
    admin.call('PUT', `/network/v2.0/quotas/${projectId}`, { quota: { network: -1, subnet: -1, port: -1 } }),
  ]);
}
