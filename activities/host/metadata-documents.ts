import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { MetadataAnswer } from '#drivers/network/linux/metadata';
import type { GuestMetadata } from '#services/nova/index';

/** A folder's entries by their names, or a document. */
interface Folder {
  readonly [name: string]: Folder | Document;
}
type Document = string | Uint8Array | readonly string[];

/** Versions of EC2's metadata that Nova answers in (nova/api/metadata/base.py). What a version adds is said at it. */
const EC2_VERSIONS = [
  '1.0',
  '2007-01-19',
  '2007-03-01',
  '2007-08-29',
  '2007-10-10',
  '2007-12-15',
  '2008-02-01',
  '2008-09-01',
  '2009-04-04',
];
const GRIZZLY = '2013-04-04';
const HAVANA = '2013-10-17';
const LIBERTY = '2015-10-15';
const NEWTON_ONE = '2016-06-30';
const NEWTON_TWO = '2016-10-06';
const VICTORIA = '2020-10-14';
const OPENSTACK_VERSIONS = [
  '2012-08-10',
  GRIZZLY,
  HAVANA,
  LIBERTY,
  NEWTON_ONE,
  NEWTON_TWO,
  '2017-02-22',
  '2018-08-27',
  VICTORIA,
  '2025-04-04',
];
const TEXT = 'text/plain';
const JSON_TYPE = 'application/json';
/** As many random bytes as Nova gives a guest to start its own generator with. */
const SEED_BYTES = 512;

export const NOT_FOUND: MetadataAnswer = { status: 404, type: TEXT, body: 'Not Found\n' };

/**
 * What Nova's metadata service answers at a path, in OpenStack's format below /openstack and in EC2's anywhere else.
 * @param asked the path as the guest wrote it
 */
export function metadataDocument(guest: GuestMetadata, asked: string): MetadataAnswer {
  let tokens: string[];
  try {
    tokens = path.posix
      .normalize(`/${decodeURIComponent(asked)}`)
      .split('/')
      .filter(Boolean);
  } catch {
    return NOT_FOUND;
  }
  if (tokens[0] === 'openstack') return openstackDocument(guest, tokens.slice(1));
  const [version, ...rest] = tokens[0] === 'ec2' ? tokens.slice(1) : tokens;
  if (version === undefined) return text([...EC2_VERSIONS, 'latest']);
  const number = version === 'latest' ? EC2_VERSIONS.length - 1 : EC2_VERSIONS.indexOf(version);
  if (number < 0) return NOT_FOUND;
  let at: Folder | Document = ec2Tree(guest, (from) => number >= EC2_VERSIONS.indexOf(from));
  for (const name of rest) {
    if (!isFolder(at) || name === '_name' || !Object.hasOwn(at, name)) return NOT_FOUND;
    at = at[name] ?? '';
  }
  return text(isFolder(at) ? listing(at) : at);
}

function openstackDocument(guest: GuestMetadata, [version, ...rest]: readonly string[]): MetadataAnswer {
  if (version === undefined) return text([...OPENSTACK_VERSIONS, 'latest']);
  const number = version === 'latest' ? OPENSTACK_VERSIONS.length - 1 : OPENSTACK_VERSIONS.indexOf(version);
  if (number < 0) return NOT_FOUND;
  const since = (from: string): boolean => number >= OPENSTACK_VERSIONS.indexOf(from);
  const { user_data: userData } = guest;
  const documents = new Map<string, () => MetadataAnswer>([
    ['meta_data.json', () => asJson(metaData(guest, since))],
    ...(userData === undefined ? [] : ([['user_data', () => text(Buffer.from(userData, 'base64'))]] as const)),
    ...(since(HAVANA) ? ([['vendor_data.json', () => asJson({})]] as const) : []),
    ...(since(LIBERTY) ? ([['network_data.json', () => asJson(guest.network_data)]] as const) : []),
    ...(since(NEWTON_TWO) ? ([['vendor_data2.json', () => asJson({ static: {} })]] as const) : []),
  ]);
  if (rest.length === 0) return text([...documents.keys()]);
  return documents.get(rest.join('/'))?.() ?? NOT_FOUND;
}

function metaData(guest: GuestMetadata, since: (version: string) => boolean): object {
  const { uuid, name, hostname, launch_index, availability_zone, project_id, meta, public_keys, key_type } = guest;
  const keys = Object.entries(public_keys);
  return {
    uuid,
    ...(Object.keys(meta).length === 0 ? {} : { meta }),
    ...(keys.length === 0
      ? {}
      : { public_keys, keys: keys.map(([key, data]) => ({ name: key, type: key_type ?? 'ssh', data })) }),
    hostname,
    name,
    launch_index,
    availability_zone,
    ...(since(GRIZZLY) ? { random_seed: randomBytes(SEED_BYTES).toString('base64') } : {}),
    ...(since(LIBERTY) ? { project_id } : {}),
    ...(since(NEWTON_ONE) ? { devices: [] } : {}),
    ...(since(VICTORIA) ? { dedicated_cpus: [] } : {}),
  };
}

function ec2Tree(
  { hostname, launch_index, availability_zone, public_keys, user_data, ec2 }: GuestMetadata,
  since: (version: string) => boolean,
): Folder {
  const [key] = Object.entries(public_keys);
  return {
    'meta-data': {
      'ami-id': ec2.ami_id,
      'ami-launch-index': String(launch_index),
      // Nova's own answer, which clients of EC2 know (nova/api/metadata/base.py): there is no manifest.
      'ami-manifest-path': 'FIXME',
      'instance-id': ec2.instance_id,
      hostname,
      'local-ipv4': ec2.local_ipv4,
      'reservation-id': ec2.reservation_id,
      'security-groups': ec2.security_groups,
      // Its listing names the key beside its number, as EC2's does.
      ...(key === undefined ? {} : { 'public-keys': { '0': { _name: `0=${key[0]}`, 'openssh-key': key[1] } } }),
      ...(since('2007-01-19') ? { 'local-hostname': hostname, 'public-hostname': hostname } : {}),
      ...(since('2007-08-29') ? { 'instance-type': ec2.instance_type } : {}),
      ...(since('2007-12-15') ? { 'block-device-mapping': ec2.block_devices } : {}),
      ...(since('2008-02-01') ? { placement: { 'availability-zone': availability_zone ?? '' } } : {}),
      ...(since('2008-09-01') ? { 'instance-action': 'none' } : {}),
    },
    ...(user_data === undefined ? {} : { 'user-data': Buffer.from(user_data, 'base64') }),
  };
}

const isFolder = (at: Folder | Document): at is Folder =>
  typeof at === 'object' && !Array.isArray(at) && !(at instanceof Uint8Array);

const listing = (folder: Folder): string[] =>
  Object.entries(folder)
    .filter(([name]) => name !== '_name')
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, entry]) => {
      if (!isFolder(entry)) return name;
      return typeof entry['_name'] === 'string' ? entry['_name'] : `${name}/`;
    });

function text(document: Document): MetadataAnswer {
  const body = typeof document === 'string' || document instanceof Uint8Array ? document : document.join('\n');
  return { status: 200, type: TEXT, body };
}
const asJson = (value: object): MetadataAnswer => ({ status: 200, type: JSON_TYPE, body: JSON.stringify(value) });
