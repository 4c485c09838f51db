import { describe, expect, it } from 'vitest';
import { isoImage } from '#drivers/image/iso';
import { inspectImage } from '#drivers/image/inspect';
import { SECTOR, readVolume } from '../setup/iso.js';

describe('the disk that a config drive is', () => {
  it('has every file under its own name, as cloud-init looks for it, and the label config-2', () => {
    const files = Object.fromEntries([
      ['openstack/latest/meta_data.json', JSON.stringify({ uuid: 'x', names: ['ä', '漢'] })],
      ['openstack/latest/user_data', '#!/bin/sh\n'.repeat(1_000)],
      ['openstack/latest/empty', ''],
      ...Array.from({ length: 200 }, (_, i) => [`openstack/content/${String(i).padStart(4, '0')}`, `file ${i}`]),
    ]) as Record<string, string>;
    const image = isoImage('config-2', files);
    expect(readVolume(image)).toEqual({ label: 'config-2', files });
    expect(image.length % SECTOR).toBe(0);
    expect(image.readUInt32LE(16 * SECTOR + 80) * SECTOR).toBe(image.length);
    expect(inspectImage(image, image.length, 'iso')).toBe(BigInt(image.length));
  });
});
