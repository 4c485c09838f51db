import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guestImage } from '#apps/standalone/guest-image';
import { HEAD_BYTES, inspectImage, qemuFormat } from '#drivers/image/inspect';
import { VMDK_TEXT, isoImage, patched, qcow2Images } from '../../setup/images.js';

const run = promisify(execFile);
const look = (bytes: Buffer, format: string): bigint =>
  inspectImage(bytes.subarray(0, HEAD_BYTES), bytes.length, format);

describe('the inspection of an image', () => {
  let directory: string;
  let images: Awaited<ReturnType<typeof qcow2Images>>;
  beforeAll(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'novaflow-inspect-'));
    images = await qcow2Images(directory);
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('takes what qemu-img makes, of both versions and any cluster size, and says how large the disk is', async () => {
    for (const options of ['compat=1.1', 'compat=0.10', 'cluster_size=512', 'cluster_size=2M', 'lazy_refcounts=on'])
      for (const size of [1, 2 ** 30]) {
        const file = path.join(directory, 'made');
        await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-o', options, file, String(size)]);
        // qemu-img rounds up to sectors.
        expect([options, look(await readFile(file), 'qcow2')]).toEqual([options, BigInt(Math.ceil(size / 512) * 512)]);
      }
  });

  it('takes a raw disk with a boot sector, with partitions, or with no structure at all', () => {
    expect(look(guestImage(), 'raw')).toBe(65_536n);
    const gpt = Buffer.alloc(4096);
    gpt.writeUInt16LE(0xaa55, 510);
    gpt[450] = 0xee;
    gpt.write('EFI PART', 512);
    expect(look(gpt, 'raw')).toBe(4096n);
    expect(look(Buffer.from('x'), 'raw')).toBe(1n);
    expect(look(Buffer.from('# a shell script\necho version=1\n'), 'raw')).toBe(32n);
  });

  it('takes a kernel and a ramdisk, which are no disks, and no other format under their names', () => {
    const kernel = Buffer.alloc(1024);
    kernel.writeUInt16LE(0xaa55, 510);
    kernel.write('HdrS', 514);
    for (const format of ['aki', 'ari']) {
      expect(look(kernel, format)).toBe(1024n);
      expect(() => look(Buffer.from(VMDK_TEXT), format)).toThrow(
        `disk_format ${format} does not match stream data vmdk`,
      );
      expect(() => qemuFormat(format)).toThrow(`An image of format ${format} is no disk.`);
    }
    expect(qemuFormat('ami')).toBe('raw');
  });

  it('takes an ISO, also one with a boot sector, and nothing else for one', () => {
    expect(look(isoImage(), 'iso')).toBe(BigInt(isoImage().length));
    const hybrid = isoImage();
    hybrid.writeUInt16LE(0xaa55, 510);
    expect(look(hybrid, 'iso')).toBe(BigInt(hybrid.length));
    expect(() => look(guestImage(), 'iso')).toThrow('Image disk_format iso does not match stream data raw');
  });

  it('refuses every other format, and nothing at all', () => {
    for (const format of ['vmdk', 'vhd', 'vhdx', 'vdi', 'ploop', 'luks', '', 'json:', 'toString'])
      expect(() => look(guestImage(), format)).toThrow('are not accepted');
    for (const format of ['raw', 'qcow2', 'iso', 'ami', 'aki', 'ari'])
      expect(() => look(Buffer.alloc(0), format)).toThrow('The image is empty');
  });

  it('refuses bytes of one format that are said to be of another', () => {
    const starts: Record<string, Buffer> = {
      vmdk: Buffer.from(VMDK_TEXT),
      'vmdk sparse': Buffer.from('KDMV\x01\0\0\0'),
      vhdx: Buffer.from('vhdxfile'),
      vhd: Buffer.from('conectix'),
      qed: Buffer.from('QED\0'),
      luks: Buffer.from('LUKS\xba\xbe\0\x01', 'latin1'),
      vdi: Buffer.concat([Buffer.alloc(64), Buffer.from([0x7f, 0x10, 0xda, 0xbe])]),
      qcow2: images.good,
      iso: isoImage(),
    };
    for (const [name, start] of Object.entries(starts)) {
      const bytes = Buffer.concat([start, Buffer.alloc(4096)]);
      const [format = ''] = name.split(' ');
      expect(() => look(bytes, 'raw')).toThrow(`Image disk_format raw does not match stream data ${format}`);
    }
    const hidden = isoImage();
    images.good.copy(hidden, 0, 0, 1024);
    for (const format of ['raw', 'qcow2', 'iso']) expect(() => look(hidden, format)).toThrow('qcow2 and iso');
  });

  it('refuses a VMDK that is a text, however it is written', () => {
    for (const text of [
      VMDK_TEXT,
      'version=1\ncreateType="monolithicFlat"\n',
      '#\n\n  # x\nVersion = 1\n',
      VMDK_TEXT.replaceAll('\n', '\r\n'),
      `CID=1\n${' '.repeat(600)}\ncreateType="monolithicFlat"\nRW 1 FLAT "/etc/shadow" 0\n`,
    ])
      expect(() => look(Buffer.from(text), 'raw')).toThrow('does not match stream data vmdk');
  });

  it('refuses a qcow2 that refers to another file', () => {
    expect(() => look(images.backed, 'qcow2')).toThrow('it has a backing file');
    expect(() => look(images.withDataFile, 'qcow2')).toThrow('it has an external data file');
  });

  it('refuses a qcow2 whose header is not sane', () => {
    const faults: [string, Buffer][] = [
      ['version 1', patched(images.good, 4, '00000001')],
      ['version 99', patched(images.good, 4, '00000063')],
      ['encrypted', patched(images.good, 32, '00000002')],
      ['clusters have 2^8', patched(images.good, 20, '00000008')],
      ['clusters have 2^22', patched(images.good, 20, '00000016')],
      ['clusters have 2^4294967295', patched(images.good, 20, 'ffffffff')],
      ['incompatible features', patched(images.good, 72, '8000000000000000')],
      ['incompatible features', patched(images.good, 72, '0000000000000010')],
      ['header has 72 bytes', patched(images.good, 100, '00000048')],
      ['header has 4294967288 bytes', patched(images.good, 100, 'fffffff8')],
      ['L1 table lies outside', patched(images.good, 40, '7fffffffffff0000')],
      ['L1 table lies outside', patched(images.good, 40, '0000000000000001')],
      ['L1 table lies outside', patched(images.good, 36, 'ffffffff')],
      ['L1 table is too short', patched(images.good, 36, '00000000')],
      ['L1 table is too short', patched(images.good, 24, '0010000000000000')],
      ['reference count table lies outside', patched(images.good, 48, 'ffffffffffff0000')],
      ['reference count table lies outside', patched(images.good, 56, '00000000')],
      ['reference counts are too wide', patched(images.good, 96, '00000007')],
      ['snapshot table lies outside', patched(images.good, 60, '00010001')],
      ['cut off', images.good.subarray(0, 60)],
      ['cut off', images.good.subarray(0, 100)],
    ];
    for (const [fault, bytes] of faults) expect(() => look(bytes, 'qcow2')).toThrow(fault);
  });

  it('refuses a qcow2 that claims no disk or one beyond 8 PiB, and never overflows', () => {
    for (const size of [
      '0000000000000000',
      '7fffffffffffffff',
      '8000000000000000',
      'ffffffffffffffff',
      '0020000000000000',
    ])
      expect(() => look(patched(images.good, 24, size), 'qcow2')).toThrow('Image failed safety checks');
  });
});
