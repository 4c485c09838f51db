import { createHash, randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, readdir, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GUEST_UP, guestImage } from '#apps/standalone/guest-image';
import type { GuestUser } from '#drivers/guest-user';
import type { GuestSpec } from '#drivers/hypervisor/index';
import { QemuHypervisor } from '#drivers/hypervisor/qemu';
import { FileVolumes } from '#drivers/volume/file';
import { VMDK_TEXT, isoImage, qcow2Images } from '../setup/images.js';
import { processOf, statusOf } from '../setup/processes.js';
import { HOST, QemuGuests, beat } from '../setup/qemu-guests.js';

const asRoot = process.getuid?.() === 0;

describe('the QEMU driver', () => {
  let guests: QemuGuests;
  let qemu: QemuHypervisor;
  let top: string;
  let home: string;
  let hosts: string;
  let user: GuestUser | undefined;
  beforeEach(async () => {
    guests = await QemuGuests.open();
    ({ top, home, hosts, user } = guests);
    qemu = guests.driver();
  });
  afterEach(() => guests.end());

  const guest = (more: Partial<GuestSpec> = {}): Promise<GuestSpec> => guests.guest(more);
  const spawned = (more: Partial<GuestSpec> = {}): Promise<GuestSpec> => guests.spawned(more);
  const imageOf = (bytes: Buffer | string): Promise<string> => guests.imageOf(bytes);
  const says = (spec: GuestSpec, text: string, times = 1): Promise<void> => guests.says(spec, text, times);

  it.runIf(asRoot)(
    'runs a guest as a user that is nobody else, without privileges and with a closed sandbox',
    async () => {
      const spec = await spawned({ configDrive: { 'openstack/latest/meta_data.json': '{}' } });
      await says(spec, spec.serverId);
      const status = await statusOf((await processOf(spec.serverId))!);
      const ids = Array.from({ length: 4 }, () => String(user!.uid));
      expect(user!.uid).toBeGreaterThan(65_535);
      expect(status).toMatchObject({
        Uid: ids,
        Gid: ids,
        Seccomp: ['2'],
        NoNewPrivs: ['1'],
        CapEff: ['0000000000000000'],
      });
      // Not even its environment has anything of the role's.
      const environment = await readFile(`/proc/${await processOf(spec.serverId)}/environ`, 'utf8');
      expect(environment.split('\0').map((e) => e.split('=')[0])).not.toContain('HOME');
    },
  );

  it.runIf(asRoot)('lets a guest write its disk, its console and its socket, and nobody else read them', async () => {
    const volumes = new FileVolumes(path.join(home, 'volumes'), user);
    const volume = randomUUID();
    await volumes.create(volume, 1);
    const disk = { volumeId: volume, device: '/dev/vdb', ...(await volumes.connect(volume)), bootIndex: null };
    const spec = await spawned({ disks: [disk], configDrive: { 'openstack/latest/meta_data.json': '{}' } });
    const at = path.join(hosts, HOST, spec.serverId);
    const owners = async (file: string): Promise<[number, number, string]> => {
      const { uid, gid, mode } = await stat(file);
      return [uid, gid, (mode & 0o777).toString(8)];
    };
    const { uid, gid } = user!;
    for (const name of ['disk.qcow2', 'console.log'])
      expect([name, ...(await owners(path.join(at, name)))]).toEqual([name, uid, gid, '600']);
    expect(await owners(path.join(at, 'run'))).toEqual([uid, gid, '700']);
    expect(await owners(disk.path)).toEqual([uid, gid, '600']);
    // What the role believes, the guest's user can neither write nor replace.
    for (const name of ['domain.json', 'qemu.pid'])
      expect([name, ...(await owners(path.join(at, name))).slice(0, 1)]).toEqual([name, 0]);
    expect(await owners(at)).toEqual([0, gid, '710']);
    expect(await owners(path.join(at, 'config-drive.iso'))).toEqual([0, gid, '640']);
    expect(await owners(spec.root!.image)).toEqual([0, gid, '640']);
    await qemu.destroy(spec, beat);
    // The volume is the storage role's again.
    expect((await owners(disk.path))[0]).toBe(0);
    expect(await qemu.list()).toEqual([]);
  });

  it('boots a raw image, a qcow2 and an ISO', async () => {
    const { good } = await qcow2Images(top);
    const [image, qcow2, iso] = await Promise.all([guestImage(), good, isoImage(true)].map(imageOf));
    for (const root of [
      { image: image!, format: 'raw' },
      { image: qcow2!, format: 'qcow2' },
      { image: iso!, format: 'iso' },
    ]) {
      const spec = await spawned({ root: { ...root, size: 2 ** 20 } });
      await says(spec, GUEST_UP);
      await qemu.destroy(spec, beat);
    }
  });

  it('opens no image of another format, and none that is not what it is said to be', async () => {
    const { good, backed, withDataFile } = await qcow2Images(top);
    const cases: [string, Buffer | string, string][] = [
      ['vmdk', VMDK_TEXT, 'Images of format vmdk are not accepted'],
      ['raw', VMDK_TEXT, 'does not match stream data vmdk'],
      ['raw', good, 'does not match stream data qcow2'],
      ['qcow2', backed, 'backing file'],
      ['qcow2', withDataFile, 'external data file'],
    ];
    const volumes = new FileVolumes(path.join(home, 'volumes'), user);
    for (const [format, bytes, words] of cases) {
      const source = { path: await imageOf(bytes), format };
      const refusal = { name: 'DriverError', blame: 'input', message: expect.stringContaining(words) as string };
      const root = { image: source.path, format, size: 2 ** 20 };
      const spec = await guest({ root });
      await expect(qemu.spawn(spec, beat, new AbortController().signal)).rejects.toMatchObject(refusal);
      expect(await processOf(spec.serverId)).toBeUndefined();
      await qemu.destroy(spec, beat);
      await expect(volumes.create(randomUUID(), 1, source)).rejects.toMatchObject(refusal);
    }
  });

  it('says why QEMU did not start, and leaves no process', async () => {
    const spec = await guest({ ram: 2 ** 40 });
    await expect(qemu.spawn(spec, beat, new AbortController().signal)).rejects.toThrow(/memory|RAM|size/i);
    expect(await processOf(spec.serverId)).toBeUndefined();
  });

  it('starts a guest again that it suspended, with its disk and its config drive', async () => {
    const spec = await spawned({ configDrive: { 'openstack/latest/meta_data.json': '{}' } });
    await says(spec, GUEST_UP);
    await qemu.stopWithMachine();
    expect(await processOf(spec.serverId)).toBeUndefined();
    await says(spec, 'going down');
    qemu = new QemuHypervisor(hosts, 'tcg', user);
    expect(await qemu.startWithMachine()).toEqual([]);
    await says(spec, GUEST_UP, 2);
  });

  it('starts the others again when one cannot be', async () => {
    const [lost, kept] = [await spawned(), await spawned()];
    await qemu.stopWithMachine();
    await rm(path.join(hosts, HOST, lost.serverId, 'disk.qcow2'));
    const failed = await qemu.startWithMachine();
    expect(failed.map((f) => f.serverId)).toEqual([lost.serverId]);
    expect(await processOf(kept.serverId)).toBeDefined();
  });

  it('finds a guest whose folder is lost, and stops it with the machine', async () => {
    const spec = await spawned();
    await rm(hosts, { recursive: true });
    expect(await qemu.list()).toEqual([{ kind: 'guest', id: spec.serverId, serverId: spec.serverId, host: HOST }]);
    await qemu.stopWithMachine();
    expect(await processOf(spec.serverId)).toBeUndefined();
  });

  it('destroys a guest whose folder is lost, and none of another cloud', async () => {
    const [spec, other] = [await spawned(), await spawned()];
    await rm(path.join(hosts, HOST, spec.serverId), { recursive: true });
    const elsewhere = new QemuHypervisor(path.join(home, 'elsewhere'), 'tcg', user);
    await elsewhere.stopWithMachine();
    await elsewhere.destroy(spec, beat);
    expect(await elsewhere.list()).toEqual([]);
    expect(await processOf(spec.serverId)).toBeDefined();
    await qemu.destroy(spec, beat);
    expect(await processOf(spec.serverId)).toBeUndefined();
    expect(await processOf(other.serverId)).toBeDefined();
  });

  it('takes nothing for a guest that has no id for a name, and no such name for an order', async () => {
    await spawned();
    const before = await qemu.list();
    await mkdir(path.join(hosts, HOST, '..qmp'));
    await mkdir(path.join(hosts, HOST, 'NOT-A-UUID'));
    await mkdir(path.join(hosts, HOST, randomUUID().toUpperCase()));
    await writeFile(path.join(hosts, 'a-file'), '');
    expect(await qemu.list()).toEqual(before);
    for (const serverId of ['.', '..', '../..', '', `${randomUUID()}/..`, randomUUID().toUpperCase()]) {
      const order = (async () => qemu.destroy({ serverId, host: HOST }, beat))();
      await expect(order).rejects.toMatchObject({ name: 'DriverError', blame: 'input' });
    }
    for (const host of ['.', '..', '', '../hosts', 'a/b', 'a..b', '-x']) {
      const order = (async () => qemu.destroy({ serverId: randomUUID(), host }, beat))();
      await expect(order).rejects.toMatchObject({ name: 'DriverError', blame: 'input' });
    }
    expect(await qemu.list()).toEqual(before);
  });

  it('keeps its socket in no folder that others can write to', async () => {
    const spec = await spawned();
    const key = createHash('sha256').update(hosts).digest('hex').slice(0, 12);
    expect(await readdir(os.tmpdir())).not.toContain(`novaflow-${process.getuid!()}-${key}`);
    expect(await readdir(path.join(hosts, HOST, spec.serverId, 'run'))).toEqual([
      'qmp.sock',
      'status.sock',
      'vnc.sock',
    ]);
  });

  it('uses no folder that somebody else could have made beforehand', async () => {
    const refused = { name: 'DriverError', blame: 'host', type: 'UnsafeFolder' };
    const target = path.join(top, 'target');
    await mkdir(target);
    const spawn = (spec: GuestSpec): Promise<void> => qemu.spawn(spec, beat, new AbortController().signal);
    await mkdir(path.join(hosts, HOST), { recursive: true });

    const open = await guest();
    const folder = path.join(hosts, HOST, open.serverId);
    await mkdir(folder);
    await chmod(folder, 0o777);
    await expect(spawn(open)).rejects.toMatchObject(refused);

    const linked = await guest();
    await symlink(target, path.join(hosts, HOST, linked.serverId));
    await expect(spawn(linked)).rejects.toMatchObject(refused);

    await chmod(hosts, 0o777);
    await expect(spawn(await guest())).rejects.toMatchObject(refused);
    expect(await readdir(target)).toEqual([]);
  });

  it('cuts a console that a guest made too long, and shows what it says from then on', async () => {
    const spec = await spawned();
    await says(spec, GUEST_UP);
    const log = path.join(hosts, HOST, spec.serverId, 'console.log');
    // As if the guest had written so much; QEMU appends to the same file.
    await truncate(log, 50 * 2 ** 20);
    await qemu.trimConsoles();
    expect((await stat(log)).size).toBe(200 * 1024);
    await qemu.stopWithMachine();
    await says(spec, 'going down');
    expect((await stat(log)).size).toBeLessThan(201 * 1024);
  });
});
