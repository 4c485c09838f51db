import { Context } from '@temporalio/activity';
import type { GuestSpec, Hypervisor } from '#drivers/hypervisor/index';
import type { NetworkDriver } from '#drivers/network/index';
import type { ComputeActivities, GuestData, SpawnInput } from '../contract.js';
import type { ApiClient } from './api-client.js';
import { beating } from './beat.js';
import { Cards } from './cards.js';
import { Fence } from './fence.js';
import type { ImageCache } from './image-cache.js';
import { point } from './points.js';

const GIB = 2 ** 30;

/** What nova-compute works with: `api` gives it what must not be in a workflow. */
interface Parts {
  readonly hypervisor: Hypervisor;
  readonly network: NetworkDriver;
  readonly images: ImageCache;
  readonly api: ApiClient;
}

/** nova-compute's activities. */
export function makeComputeActivities({ hypervisor, network, images, api }: Parts): ComputeActivities {
  const beat = (): void => Context.current().heartbeat();
  const fence = new Fence();
  const cards = new Cards(network);
  return {
    fetchImage: ({ imageId }) =>
      beating((signal) => images.fetch(imageId, (bytes, of) => Context.current().heartbeat({ bytes, of }), signal)),

    spawnServer: (input) =>
      beating(async (signal) => {
        const configDrive = input.configDrive
          ? configDriveFiles(await api.get<GuestData>(`/internal/servers/${input.serverId}/guest-data`))
          : undefined;
        const guest = { ...guestOf(input), ...(configDrive ? { configDrive } : {}) };
        await fence.inTurn(input.serverId, async () => {
          await cards.plug(input);
          await point('spawnServer:plugged');
          await hypervisor.spawn(guest, beat, signal);
        });
        return { accelerator: (await hypervisor.facts()).accelerator };
      }),

    destroyGuest: (input) =>
      beating(() =>
        fence.inTurn(input.serverId, async () => {
          await hypervisor.destroy(input, beat);
          await point('destroyGuest:destroyed');
          await cards.unplug(input);
        }),
      ),

    unplugNetwork: (input) => beating(() => cards.unplug(input)),

    async inspectCompute({ machine }) {
      const traces = await hypervisor.list();
      return {
        machine,
        role: 'compute',
        items: traces.map(({ kind, id, serverId, host }) => ({ kind, id, owner: serverId, host })),
      };
    },
  };
}

function guestOf({ serverId, host, instanceName, flavor, image, vifs, volumes }: SpawnInput): GuestSpec {
  return {
    serverId,
    host,
    name: instanceName,
    vcpus: flavor.vcpus,
    ram: flavor.ram,
    ...(image
      ? { root: { image: image.path, format: image.format, size: Math.max(flavor.disk * GIB, image.virtualSize) } }
      : {}),
    disks: volumes,
    nics: vifs.map((v) => ({ id: v.portId, mac: v.mac })),
  };
}

/** OpenStack's config drive, version "latest": what cloud-init reads. */
function configDriveFiles({
  user_data,
  key_type = 'ssh',
  files = [],
  ...data
}: GuestData): Record<string, string | Uint8Array> {
  const contentOf = (index: number): string => `content/${String(index).padStart(4, '0')}`;
  const metadata = {
    ...data,
    files: files.map(({ path }, index) => ({ path, content_path: `/${contentOf(index)}` })),
    keys: Object.entries(data.public_keys).map(([name, value]) => ({ name, type: key_type, data: value })),
  };
  return {
    'openstack/latest/meta_data.json': JSON.stringify(metadata),
    ...(user_data === undefined ? {} : { 'openstack/latest/user_data': Buffer.from(user_data, 'base64') }),
    ...Object.fromEntries(
      files.map(({ contents }, index) => [`openstack/${contentOf(index)}`, Buffer.from(contents, 'base64')]),
    ),
  };
}
