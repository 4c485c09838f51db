import { OpenStackError, badRequest, forbidden } from '../kernel/errors.js';

/** Names of attributes that no request may give (glance/api/v2/images.py: RequestDeserializer). */
const READ_ONLY: ReadonlySet<string> = new Set([
  'created_at',
  'updated_at',
  'status',
  'checksum',
  'size',
  'virtual_size',
  'direct_url',
  'self',
  'file',
  'schema',
  'stores',
  'os_hash_algo',
  'os_hash_value',
]);
const RESERVED: ReadonlySet<string> = new Set(['location', 'locations', 'deleted', 'deleted_at']);
/** What Glance keeps for itself. */
const RESERVED_PREFIX = 'os_glance';
const LONGEST_NAME = 255;

/** Glance's own ceilings (glance-api.conf: image_tag_quota, image_property_quota). */
const MOST = { tags: 128, properties: 128 } as const;

/** @throws 403 or 400 in Glance's words for an attribute that a request may not give */
export function checkName(name: string): void {
  if (READ_ONLY.has(name)) throw forbidden(`Attribute '${name}' is read-only.`);
  if (RESERVED.has(name) || name.startsWith(RESERVED_PREFIX)) throw forbidden(`Attribute '${name}' is reserved.`);
  if (name.length > LONGEST_NAME) throw badRequest('Custom property should not be greater than 255 characters.');
}

/** @throws 413 in Glance's words when an image would have too many of something */
export function checkCount(what: keyof typeof MOST, count: number): void {
  if (count > MOST[what])
    throw new OpenStackError(
      413,
      'HTTPRequestEntityTooLarge',
      `The limit has been exceeded on the number of allowed image ${what}. Attempted: ${count}, Maximum: ${MOST[what]}`,
    );
}
