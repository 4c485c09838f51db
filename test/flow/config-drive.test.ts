import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, inject as provided, it } from 'vitest';
import { readVolume } from '../setup/iso.js';
import { CERTIFICATE } from '../setup/keys.js';
import { orphansOf, Tenant } from '../setup/tenant.js';

const cloud = provided('real');

it('files that a server was asked for with, and its certificate, are on its config drive', async () => {
  const tenant = await Tenant.make(cloud);
  await tenant.api.call('POST', '/compute/v2.1/os-keypairs', {
    keypair: { name: 'cert', type: 'x509', public_key: CERTIFICATE.pem },
  });
  const contents = Buffer.from('hello').toString('base64');
  const body = tenant.server({ key_name: 'cert', personality: [{ path: '/etc/motd', contents }] });
  const { server } = await tenant.api.call<{ server: { id: string } }>('POST', '/compute/v2.1/servers', body, {
    'openstack-api-version': 'compute 2.56',
  });
  expect(await tenant.settled(server.id)).toMatchObject({ status: 'ACTIVE' });
  const drive = (await readdir(cloud.home, { recursive: true })).find(
    (f) => f.includes(server.id) && f.endsWith('config-drive.iso'),
  );
  const { label, files } = readVolume(await readFile(path.join(cloud.home, drive!)));
  expect([label, files['openstack/content/0000']]).toEqual(['config-2', 'hello']);
  expect(JSON.parse(files['openstack/latest/meta_data.json']!)).toMatchObject({
    files: [{ path: '/etc/motd', content_path: '/content/0000' }],
    keys: [{ name: 'cert', type: 'x509', data: CERTIFICATE.pem }],
  });
  await tenant.delete(server.id);
  expect(await orphansOf(cloud, [server.id])).toEqual([]);
});
