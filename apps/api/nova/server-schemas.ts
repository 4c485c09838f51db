import { Type, type TObject, type TProperties, type TSchema } from 'typebox';
import { booleanText, description, fqdn, integerText, metadata, name } from '../http/parameter-types.js';
import { byMinor } from '../http/by-minor.js';

/**
 * POST and PUT /servers by microversion (nova/api/openstack/compute/schemas/servers.py). Left out, and so refused as
 * unknown: the old block_device_mapping, which predates Cinder, and the fields of a device that only it had.
 */
const uuid = Type.String({ format: 'uuid' });
const tag = Type.String({ minLength: 1, maxLength: 60, pattern: '^[^,/]*$' });
const upTo255 = Type.String({ maxLength: 255 });
const hostname = Type.String({ minLength: 2, maxLength: 63, pattern: '^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$' });
const diskConfig = Type.Unsafe<'AUTO' | 'MANUAL'>({ type: 'string', enum: ['AUTO', 'MANUAL'] });
export const optional = <T extends TSchema>(schema: T) => Type.Optional(schema);

/** No login takes a longer password: libxcrypt, which hashes them on Linux, reads 511 bytes. Nova has no limit of its own. */
const ADMIN_PASS_LENGTH = 511;
/** How many characters the fields of a request may have that Nova keeps in a column of 64 KiB. */
const TEXT_LENGTH = 65_535;

export const strict = <T extends TProperties>(properties: T): TObject<T> =>
  Type.Object(properties, { additionalProperties: false });
/** Properties that exist from one microversion on. */
export const since = (minor: number, from: number, properties: TProperties): TProperties =>
  minor >= from ? properties : {};
/** Properties that a microversion took away. */
export const until = (minor: number, end: number, properties: TProperties): TProperties =>
  minor < end ? properties : {};
/** Tags of networks were in 2.32 to 2.36, those of block devices in 2.32 only; both came back for good in 2.42. */
const networksHaveTags = (minor: number): boolean => (minor >= 32 && minor <= 36) || minor >= 42;
const devicesHaveTags = (minor: number): boolean => minor === 32 || minor >= 42;

function networks(minor: number): TSchema {
  const refs = Type.Array(
    strict({
      uuid: optional(uuid),
      port: optional(Type.Union([uuid, Type.Null()])),
      fixed_ip: optional(Type.Union([Type.String({ format: 'ipv4' }), Type.String({ format: 'ipv6' })])),
      ...(networksHaveTags(minor) ? { tag: optional(tag) } : {}),
    }),
  );
  return minor >= 37 ? Type.Union([refs, Type.Literal('auto'), Type.Literal('none')]) : optional(refs);
}

const blockDevice = (minor: number): TSchema =>
  strict({
    boot_index: optional(
      Type.Unsafe<number | string | null>({ type: ['integer', 'string', 'null'], pattern: '^-?[0-9]+$' }),
    ),
    source_type: Type.Unsafe<string>({ type: 'string', enum: ['volume', 'image', 'snapshot', 'blank'] }),
    destination_type: optional(Type.Unsafe<string>({ type: 'string', enum: ['local', 'volume'] })),
    uuid: optional(Type.String({ minLength: 1, maxLength: 255, pattern: '^[a-zA-Z0-9._-]*$' })),
    volume_size: optional(integerText(1)),
    delete_on_termination: optional(booleanText),
    device_name: optional(Type.String({ minLength: 1, maxLength: 255, pattern: '^[a-zA-Z0-9._/-]*$' })),
    device_type: optional(upTo255),
    disk_bus: optional(upTo255),
    guest_format: optional(upTo255),
    no_device: optional(Type.Literal('')),
    ...(devicesHaveTags(minor) ? { tag: optional(tag) } : {}),
    ...since(minor, 67, { volume_type: optional(Type.Union([upTo255, Type.Null()])) }),
  });

/** The hints of Nova's filters have shapes; any other is the operator's own. */
const oneOrMore = (item: TSchema): TSchema => Type.Union([item, Type.Array(item)]);
const hints = Type.Object(
  {
    group: optional(oneOrMore(uuid)),
    different_host: optional(oneOrMore(uuid)),
    same_host: optional(oneOrMore(uuid)),
    query: optional(Type.Unsafe<unknown>({ type: ['string', 'object'] })),
    target_cell: optional(name),
    different_cell: optional(oneOrMore(Type.String())),
    build_near_host_ip: optional(Type.Union([Type.String({ format: 'ipv4' }), Type.String({ format: 'ipv6' })])),
    cidr: optional(Type.String({ pattern: '^/[0-9a-f.:]+$' })),
  },
  { additionalProperties: true },
);

function createServer(minor: number): TSchema {
  return strict({
    server: strict({
      name,
      flavorRef: Type.Union([
        Type.String({ minLength: 1 }),
        Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
      ]),
      imageRef: optional(Type.Union([uuid, Type.Literal('')])),
      networks: networks(minor),
      block_device_mapping_v2: optional(Type.Array(blockDevice(minor))),
      adminPass: optional(Type.String({ maxLength: ADMIN_PASS_LENGTH })),
      metadata: optional(metadata),
      key_name: optional(name),
      user_data: optional(Type.String({ maxLength: TEXT_LENGTH })),
      min_count: optional(integerText(1)),
      max_count: optional(integerText(1)),
      return_reservation_id: optional(booleanText),
      availability_zone: optional(name),
      security_groups: optional(Type.Array(strict({ name: optional(name) }))),
      config_drive: optional(booleanText),
      accessIPv4: optional(Type.String({ format: 'ipv4' })),
      accessIPv6: optional(Type.String({ format: 'ipv6' })),
      'OS-DCF:diskConfig': optional(diskConfig),
      ...since(minor, 19, { description: optional(description(255)) }),
      ...since(minor, 52, { tags: optional(Type.Array(tag, { maxItems: 50 })) }),
      ...until(minor, 57, {
        personality: optional(Type.Array(strict({ path: Type.String(), contents: Type.String() }))),
      }),
      ...since(minor, 63, {
        trusted_image_certificates: optional(
          Type.Union([
            Type.Array(Type.String({ minLength: 1, maxLength: 255 }), { minItems: 1, maxItems: 50, uniqueItems: true }),
            Type.Null(),
          ]),
        ),
      }),
      ...since(minor, 74, { host: optional(fqdn), hypervisor_hostname: optional(fqdn) }),
      ...since(minor, 90, { hostname: optional(minor >= 94 ? fqdn : hostname) }),
    }),
    'os:scheduler_hints': optional(hints),
    'OS-SCH-HNT:scheduler_hints': optional(hints),
  });
}

function updateServer(minor: number): TSchema {
  return strict({
    server: strict({
      name: optional(name),
      accessIPv4: optional(Type.String({ format: 'ipv4' })),
      accessIPv6: optional(Type.String({ format: 'ipv6' })),
      'OS-DCF:diskConfig': optional(diskConfig),
      ...since(minor, 19, { description: optional(description(255)) }),
      ...since(minor, 90, { hostname: optional(minor >= 94 ? fqdn : hostname) }),
      ...since(minor, 104, { pinned_availability_zone: optional(Type.Union([name, Type.Null()])) }),
    }),
  });
}

export const createServerSchema = byMinor(createServer, [1, 19, 32, 33, 37, 42, 52, 57, 63, 67, 74, 90, 94]);
export const updateServerSchema = byMinor(updateServer, [1, 19, 90, 94, 104]);

/** The body as the schemas leave it: fields that a microversion does not have are absent. */
export interface CreateServerBody {
  name: string;
  flavorRef: string | number;
  imageRef?: string;
  networks?: 'auto' | 'none' | { uuid?: string; port?: string | null; fixed_ip?: string; tag?: string }[];
  block_device_mapping_v2?: {
    boot_index?: number | string | null;
    source_type: 'image' | 'volume' | 'snapshot' | 'blank';
    destination_type?: 'local' | 'volume';
    uuid?: string;
    volume_size?: number | string;
    delete_on_termination?: boolean | string;
    disk_bus?: string;
    volume_type?: string | null;
    tag?: string;
  }[];
  adminPass?: string;
  metadata?: Record<string, string>;
  key_name?: string;
  user_data?: string;
  min_count?: number | string;
  max_count?: number | string;
  return_reservation_id?: boolean | string;
  availability_zone?: string;
  security_groups?: { name?: string }[];
  config_drive?: boolean | string;
  accessIPv4?: string;
  accessIPv6?: string;
  'OS-DCF:diskConfig'?: 'AUTO' | 'MANUAL';
  personality?: { path: string; contents: string }[];
  description?: string | null;
  tags?: string[];
  trusted_image_certificates?: string[] | null;
  host?: string;
  hypervisor_hostname?: string;
  hostname?: string;
}
export interface UpdateServerBody {
  name?: string;
  accessIPv4?: string;
  accessIPv6?: string;
  'OS-DCF:diskConfig'?: 'AUTO' | 'MANUAL';
  description?: string | null;
  hostname?: string;
  pinned_availability_zone?: string | null;
}
