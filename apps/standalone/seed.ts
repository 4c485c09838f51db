import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Api } from './api.js';
import { IMAGE_NAME, guestImage } from './guest-image.js';
import { COMMAND_LINE, NET_IMAGE, type NetImage } from './net-image/index.js';
import { NETWORK, OUTSIDE, type Passwords } from './seed-data.js';

/** Fills a new cloud through its own API, as an operator would: an image and a network. What is there stays. */
export async function seedCloud(admin: Api): Promise<void> {
  await Promise.all([ensureImage(admin, TINY, guestImage()), ensureNetwork(admin), untilHostsReport(admin)]);
}

interface ImageRecord {
  readonly name: string;
  readonly disk_format: string;
  readonly [property: string]: unknown;
}
const TINY: ImageRecord = { name: IMAGE_NAME, disk_format: 'raw' };
/** What novaflow-net's kernel takes to unpack itself, in MiB: it ends without a word where there is less. */
const NET_RAM = 80;

/**
 * Adds the guest that uses its network: its kernel and its ramdisk, and then the disk that names them.
 * @param make is called where the image is not there yet
 */
export async function seedNetImage(admin: Api, make: () => Promise<NetImage>): Promise<void> {
  if (await findActive(admin, NET_IMAGE)) return;
  const { kernel, ramdisk, disk } = await make();
  const part = (format: string, name: string): ImageRecord => ({ name, disk_format: format, container_format: format });
  const [kernel_id, ramdisk_id] = await Promise.all([
    ensureImage(admin, part('aki', `${NET_IMAGE}-kernel`), kernel),
    ensureImage(admin, part('ari', `${NET_IMAGE}-ramdisk`), ramdisk),
  ]);
  const names = { kernel_id, ramdisk_id, os_command_line: COMMAND_LINE };
  await ensureImage(admin, { name: NET_IMAGE, disk_format: 'raw', min_ram: NET_RAM, ...names }, disk);
}

const imagesNamed = (admin: Api, name: string) =>
  admin
    .call<{ images: { id: string; status: string }[] }>('GET', `/image/v2/images?name=${name}`)
    .then(({ images }) => images);

/** The id of a public image that has its bytes. */
export async function findActive(api: Api, name: string): Promise<string | undefined> {
  return (await imagesNamed(api, name)).find(({ status }) => status === 'active')?.id;
}

/** @returns its id */
async function ensureImage(admin: Api, record: ImageRecord, bytes: Buffer): Promise<string> {
  const images = await imagesNamed(admin, record.name);
  const active = images.find(({ status }) => status === 'active');
  if (active) return active.id;
  const whole = { container_format: 'bare', visibility: 'public', ...record };
  const { id } = images[0] ?? (await admin.call<{ id: string }>('POST', '/image/v2/images', whole));
  await admin.call('PUT', `/image/v2/images/${id}/file`, new Uint8Array(bytes));
  return id;
}

interface NetworkRecord {
  readonly id: string;
  readonly subnets: readonly string[];
}

/** @returns the network's subnet */
async function ensureSubnet(admin: Api, network: NetworkRecord, fields: object): Promise<string> {
  const [there] = network.subnets;
  if (there !== undefined) return there;
  const { subnet } = await admin.call<{ subnet: { id: string } }>('POST', '/network/v2.0/subnets', {
    subnet: { network_id: network.id, ip_version: 4, ...fields },
  });
  return subnet.id;
}

async function findNetwork(admin: Api, name: string): Promise<NetworkRecord | undefined> {
  const { networks } = await admin.call<{ networks: NetworkRecord[] }>('GET', `/network/v2.0/networks?name=${name}`);
  return networks[0];
}

async function makeNetwork(admin: Api, fields: object): Promise<NetworkRecord> {
  const made = await admin.call<{ network: NetworkRecord }>('POST', '/network/v2.0/networks', { network: fields });
  return made.network;
}

/** @returns its subnet */
async function ensureNetwork(admin: Api): Promise<string> {
  const network =
    (await findNetwork(admin, NETWORK.name)) ?? (await makeNetwork(admin, { name: NETWORK.name, shared: true }));
  return ensureSubnet(admin, network, { name: NETWORK.subnet, cidr: NETWORK.cidr });
}

interface RouterRecord {
  readonly id: string;
  readonly external_gateway_info: object | null;
}

/**
 * Joins the first network to an outside by a router, for a cloud whose networks carry packets. What is there stays.
 * @param project whose router it is
 */
export async function seedOutside(admin: Api, project: string): Promise<void> {
  const V2 = '/network/v2.0';
  const inside = await ensureNetwork(admin);
  const outside =
    (await findNetwork(admin, OUTSIDE.name)) ??
    (await makeNetwork(admin, { name: OUTSIDE.name, 'router:external': true }));
  await ensureSubnet(admin, outside, { name: OUTSIDE.subnet, cidr: OUTSIDE.cidr, enable_dhcp: false });
  const { routers } = await admin.call<{ routers: RouterRecord[] }>('GET', `${V2}/routers?name=${OUTSIDE.router}`);
  const router =
    routers[0] ??
    (
      await admin.call<{ router: RouterRecord }>('POST', `${V2}/routers`, {
        router: { name: OUTSIDE.router, project_id: project },
      })
    ).router;
  const { ports } = await admin.call<{ ports: { fixed_ips: { subnet_id: string }[] }[] }>(
    'GET',
    `${V2}/ports?device_id=${router.id}`,
  );
  if (!ports.some(({ fixed_ips }) => fixed_ips.some(({ subnet_id }) => subnet_id === inside)))
    await admin.call('PUT', `${V2}/routers/${router.id}/add_router_interface`, { subnet_id: inside });
  if (router.external_gateway_info === null)
    await admin.call('PUT', `${V2}/routers/${router.id}`, {
      router: { external_gateway_info: { network_id: outside.id } },
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
