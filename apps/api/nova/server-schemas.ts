import { Type, type TObject, type TProperties, type TSchema } from '@sinclair/typebox';
import { INT4_MAX, wholeOrDigits } from '../common/numbers.js';

/**
 * POST /servers by microversion (nova/api/openstack/compute/schemas/servers.py). Left out, and so refused as unknown:
 * personality and the old block_device_mapping, which inject files and predate Cinder, and scheduler hints.
 */
const name = Type.String({ minLength: 1, maxLength: 255, pattern: '^(?! )[^\\x00-\\x1f\\x7f]*(?<! )$' });
const uuid = Type.String({ format: 'uuid' });
const flag = Type.Union([
  Type.Boolean(),
  Type.String({ pattern: '^([Tt]rue|[Ff]alse|TRUE|FALSE|1|0|t|f|yes|no|y|n|on|off)$' }),
]);
const count = wholeOrDigits(1);
const metadata = Type.Record(Type.String({ pattern: '^[a-zA-Z0-9-_:. ]{1,255}$' }), Type.String({ maxLength: 255 }), {
  additionalProperties: false,
});
const tag = Type.String({ minLength: 1, maxLength: 60, pattern: '^[^,/]*$' });
const ip = (version: 'ipv4' | 'ipv6') => Type.Union([Type.String({ format: version }), Type.Literal('')]);
const hostname = Type.String({ minLength: 2, maxLength: 63, pattern: '^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$' });
const fqdn = Type.String({ minLength: 2, maxLength: 255, pattern: '^[a-zA-Z0-9]+[a-zA-Z0-9.-]*[a-zA-Z0-9]+$' });
const optional = <T extends TSchema>(schema: T) => Type.Optional(schema);

const strict = <T extends TProperties>(properties: T): TObject<T> =>
  Type.Object(properties, { additionalProperties: false });
/** Properties that exist from one microversion on. */
const since = (minor: number, from: number, properties: TProperties): TProperties => (minor >= from ? properties : {});
/** Device tags were in 2.32 to 2.36 and came back for good in 2.42. */
const hasTags = (minor: number): boolean => (minor >= 32 && minor <= 36) || minor >= 42;

function networks(minor: number): TSchema {
  const refs = Type.Array(
    strict({
      uuid: optional(uuid),
      port: optional(Type.Union([uuid, Type.Null()])),
      fixed_ip: optional(Type.Union([Type.String({ format: 'ipv4' }), Type.String({ format: 'ipv6' })])),
      ...(hasTags(minor) ? { tag: optional(tag) } : {}),
    }),
  );
  return minor >= 37 ? Type.Union([refs, Type.Literal('auto'), Type.Literal('none')]) : optional(refs);
}

const blockDevice = (minor: number): TSchema =>
  strict({
    boot_index: optional(Type.Union([wholeOrDigits(-INT4_MAX), Type.Null()])),
    source_type: Type.Union([Type.Literal('image'), Type.Literal('volume'), Type.Literal('blank')]),
    destination_type: optional(Type.Union([Type.Literal('local'), Type.Literal('volume')])),
    uuid: optional(Type.String({ minLength: 1, maxLength: 255, pattern: '^[a-zA-Z0-9._-]*$' })),
    volume_size: optional(wholeOrDigits(1)),
    delete_on_termination: optional(flag),
    device_name: optional(Type.Union([Type.String({ maxLength: 255 }), Type.Null()])),
    device_type: optional(Type.String()),
    disk_bus: optional(Type.String()),
    guest_format: optional(Type.Null()),
    no_device: optional(Type.Literal('')),
    ...(hasTags(minor) ? { tag: optional(tag) } : {}),
    ...since(minor, 67, {
      volume_type: optional(Type.Union([Type.String({ minLength: 1, maxLength: 255 }), Type.Null()])),
    }),
  });

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
      adminPass: optional(Type.String()),
      metadata: optional(metadata),
      key_name: optional(name),
      user_data: optional(Type.Union([Type.String({ maxLength: 65535 }), Type.Null()])),
      min_count: optional(count),
      max_count: optional(count),
      return_reservation_id: optional(flag),
      availability_zone: optional(name),
      security_groups: optional(Type.Array(strict({ name: optional(Type.String({ minLength: 1, maxLength: 255 })) }))),
      config_drive: optional(Type.Union([flag, Type.Null()])),
      accessIPv4: optional(ip('ipv4')),
      accessIPv6: optional(ip('ipv6')),
      'OS-DCF:diskConfig': optional(Type.Union([Type.Literal('AUTO'), Type.Literal('MANUAL')])),
      ...since(minor, 19, { description: optional(Type.Union([Type.String({ maxLength: 255 }), Type.Null()])) }),
      ...since(minor, 52, { tags: optional(Type.Array(tag, { maxItems: 50 })) }),
      ...since(minor, 63, {
        trusted_image_certificates: optional(
          Type.Union([Type.Array(Type.String({ minLength: 1 }), { minItems: 1, maxItems: 50 }), Type.Null()]),
        ),
      }),
      ...since(minor, 74, {
        host: optional(Type.String({ minLength: 1, maxLength: 255 })),
        hypervisor_hostname: optional(Type.String({ minLength: 1, maxLength: 255 })),
      }),
      ...since(minor, 90, { hostname: optional(minor >= 94 ? fqdn : hostname) }),
    }),
  });
}

function updateServer(minor: number): TSchema {
  return strict({
    server: Type.Object(
      {
        name: optional(name),
        accessIPv4: optional(ip('ipv4')),
        accessIPv6: optional(ip('ipv6')),
        'OS-DCF:diskConfig': optional(Type.Union([Type.Literal('AUTO'), Type.Literal('MANUAL')])),
        ...since(minor, 19, { description: optional(Type.Union([Type.String({ maxLength: 255 }), Type.Null()])) }),
        ...since(minor, 90, { hostname: optional(minor >= 94 ? fqdn : hostname) }),
      },
      { additionalProperties: false, minProperties: 1 },
    ),
  });
}

/** A schema per microversion at which it changes, made once. */
function byMinor(make: (minor: number) => TSchema, changes: readonly number[]): (minor: number) => TSchema {
  const schemas = new Map(changes.map((minor) => [minor, make(minor)]));
  return (minor) => schemas.get(changes.findLast((change) => change <= minor)!)!;
}

export const createServerSchema = byMinor(createServer, [1, 19, 32, 37, 42, 52, 63, 67, 74, 90, 94]);
export const updateServerSchema = byMinor(updateServer, [1, 19, 90, 94]);

/** The body as the schemas leave it: fields that a microversion does not have are absent. */
export interface CreateServerBody {
  name: string;
  flavorRef: string | number;
  imageRef?: string;
  networks?: 'auto' | 'none' | { uuid?: string; port?: string | null; fixed_ip?: string; tag?: string }[];
  block_device_mapping_v2?: {
    boot_index?: number | string | null;
    source_type: 'image' | 'volume' | 'blank';
    destination_type?: 'local' | 'volume';
    uuid?: string;
    volume_size?: number | string;
    delete_on_termination?: boolean | string;
    tag?: string;
  }[];
  adminPass?: string;
  metadata?: Record<string, string>;
  key_name?: string;
  user_data?: string | null;
  min_count?: number | string;
  max_count?: number | string;
  return_reservation_id?: boolean | string;
  availability_zone?: string;
  security_groups?: { name?: string }[];
  config_drive?: boolean | string | null;
  accessIPv4?: string;
  accessIPv6?: string;
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
  description?: string | null;
  hostname?: string;
}

/** The strings that OpenStack takes for true (oslo.utils bool_from_string). */
export const isTrue = (value: boolean | string | null | undefined): boolean =>
  value === true || (typeof value === 'string' && /^(1|t|true|on|y|yes)$/i.test(value));
