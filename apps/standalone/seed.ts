import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Api } from './api.js';
import { IMAGE_NAME, guestImage } from './guest-image.js';
import { NETWORK, type Passwords } from './seed-data.js';

/** Fills a new cloud through its own API, as an operator would: an image and a network. What is there stays. */
export async function seedCloud(admin: Api): Promise<void> {
  await Promise.all([ensureImage(admin), ensureNetwork(admin), untilHostsReport(admin)]);
}

async function ensureImage(admin: Api): Promise<void> {
  const { images } = await admin.call<{ images: { id: string; status: string }[] }>(
    'GET',
    `/image/v2/images?name=${IMAGE_NAME}`,
  );
  if (images.some((i) => i.status === 'active')) return;
  const image =
    images[0] ??
    (await admin.call<{ id: string }>('POST', '/image/v2/images', {
      name: IMAGE_NAME,
      disk_format: 'raw',
      container_format: 'bare',
      visibility: 'public',
    }));
  await admin.call('PUT', `/image/v2/images/${image.id}/file`, new Uint8Array(guestImage()));
}

async function ensureNetwork(admin: Api): Promise<void> {
  const { networks } = await admin.call<{ networks: { id: string; subnets: string[] }[] }>(
    'GET',
    `/network/v2.0/networks?name=${NETWORK.name}`,
  );
  const network =
    networks[0] ??
    (
      await admin.call<{ network: { id: string; subnets: string[] } }>('POST', '/network/v2.0/networks', {
        network: { name: NETWORK.name, shared: true },
      })
    ).network;
  if (network.subnets.length > 0) return;
  await admin.call('POST', '/network/v2.0/subnets', {
    subnet: { name: NETWORK.subnet, network_id: network.id, ip_version: 4, cidr: NETWORK.cidr },
  });
}

/** A cloud is up when a host can take a server. */
async function untilHostsReport(admin: Api): Promise<void> {
  for (;;) {
    const { services } = await admin.call<{ services: { state: string }[] }>(
      'GET',
      '/compute/v2.1/os-services?binary=nova-compute',
    );
    if (services.some((s) => s.state === 'up')) return;
    await sleep(100);
  }
}

/** clouds.yaml and openrc files, for the openstack client and everything that reads its configuration. */
export async function writeClientFiles(
  home: string,
  authUrl: string,
  passwords: Passwords,
  region: string,
): Promise<void> {
  const users = [
    { cloud: 'novaflow', user: 'demo', project: 'demo', openrc: 'openrc' },
    { cloud: 'novaflow-admin', user: 'admin', project: 'admin', openrc: 'openrc-admin' },
  ] as const;
  const entry = ({ cloud, user, project }: (typeof users)[number]): string =>
    [
      `  ${cloud}:`,
      `    region_name: ${region}`,
      '    identity_api_version: 3',
      '    auth:',
      `      auth_url: ${authUrl}`,
      `      username: ${user}`,
      `      password: '${passwords[user]}'`,
      `      project_name: ${project}`,
      '      user_domain_name: Default',
      '      project_domain_name: Default',
    ].join('\n');
  await writeFile(path.join(home, 'clouds.yaml'), `clouds:\n${users.map(entry).join('\n')}\n`, { mode: 0o600 });
  for (const { user, project, openrc } of users) {
    const settings = {
      OS_AUTH_URL: authUrl,
      OS_USERNAME: user,
      OS_PASSWORD: passwords[user],
      OS_PROJECT_NAME: project,
      OS_USER_DOMAIN_NAME: 'Default',
      OS_PROJECT_DOMAIN_NAME: 'Default',
      OS_REGION_NAME: region,
      OS_IDENTITY_API_VERSION: '3',
    };
    await writeFile(
      path.join(home, openrc),
      Object.entries(settings)
        .map(([k, v]) => `export ${k}='${v}'\n`)
        .join(''),
      { mode: 0o600 },
    );
  }
}
