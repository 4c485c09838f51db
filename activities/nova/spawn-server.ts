import { Type } from 'typebox';
import type { GuestSpec } from '#drivers/hypervisor/index';
import type { GuestData } from '#services/nova/index';
import { beating } from '../host/beat.js';
import { point } from '../host/points.js';
import { CachedImage, ConnectedVolume, Flavor, NullOr, Vif, onMachine } from '../schemas.js';
import type { Input } from '../input.js';
import { computeStep } from '../step.js';
import { heartbeat } from '../heartbeat.js';

const GIB = 2 ** 30;

const spawnInput = Type.Object({
  ...onMachine,
  generation: Type.Integer(),
  instanceName: Type.String(),
  flavor: Flavor,
  image: NullOr(CachedImage),
  direct: Type.Optional(
    Type.Object({ kernel: CachedImage, ramdisk: Type.Optional(CachedImage), commandLine: Type.String() }),
  ),
  vifs: Type.Array(Vif),
  volumes: Type.Array(ConnectedVolume),
  /** The host fetches what goes into it with its own credential. */
  configDrive: Type.Boolean(),
});

/** Plugs the guest's cards, as nova-compute does by os-vif, and starts it. Its undo is destroyGuest. */
export const spawnServer = computeStep(spawnInput, ({ hypervisor, cards, fence, api }, input) =>
  beating(async (signal) => {
    const configDrive = input.configDrive
      ? configDriveFiles(await api.get<GuestData>(`/internal/servers/${input.serverId}/guest-data`))
      : undefined;
    const guest = { ...guestOf(input), ...(configDrive ? { configDrive } : {}) };
    await fence.inTurn(input.serverId, input.generation, async () => {
      await cards.plug(input);
      await point('spawnServer:plugged');
      await hypervisor.spawn(guest, heartbeat, signal);
    });
    return { accelerator: (await hypervisor.facts()).accelerator };
  }),
);

function guestOf({
  serverId,
  host,
  instanceName,
  flavor,
  image,
  direct,
  vifs,
  volumes,
}: Input<typeof spawnInput>): GuestSpec {
  return {
    serverId,
    host,
    name: instanceName,
    vcpus: flavor.vcpus,
    ram: flavor.ram,
    ...(image
      ? { root: { image: image.path, format: image.format, size: Math.max(flavor.disk * GIB, image.virtualSize) } }
      : {}),
    ...(direct ? { direct: bootFrom(direct) } : {}),
    disks: volumes,
    nics: vifs.map((v) => ({ id: v.portId, mac: v.mac })),
  };
}

const bootFrom = ({
  kernel,
  ramdisk,
  commandLine,
}: NonNullable<Input<typeof spawnInput>['direct']>): NonNullable<GuestSpec['direct']> => ({
  kernel: kernel.path,
  ...(ramdisk ? { ramdisk: ramdisk.path } : {}),
  commandLine,
});

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
