import type { Schema } from '../fuzz/schemas.js';

/** Where a body names a thing: the way to the field, with 0 for a list's first member, and the collections it may be of. */
export interface Place {
  readonly way: readonly (string | number)[];
  readonly collections: readonly string[];
}

/** Fields by which a body names a thing of a project, whatever the service. */
const COLLECTIONS: Readonly<Record<string, readonly string[]>> = {
  network_id: ['networks'],
  net_id: ['networks'],
  subnet_id: ['subnets'],
  port_id: ['ports'],
  port: ['ports'],
  router_id: ['routers'],
  floating_network_id: ['networks'],
  internal_port_id: ['ports'],
  address_group_id: ['address-groups'],
  object_id: ['networks', 'qos/policies', 'security-groups', 'address-scopes', 'subnetpools', 'address-groups'],
  remote_address_group_id: ['address-groups'],
  security_group_id: ['security-groups'],
  remote_group_id: ['security-groups'],
  imageRef: ['images'],
  image_id: ['images'],
  volumeId: ['volumes'],
  volume_id: ['volumes'],
  source_volid: ['volumes'],
  key_name: ['os-keypairs'],
  // A network in `networks`, a volume or an image in a block device mapping.
  uuid: ['networks', 'volumes', 'images'],
  project_id: ['projects'],
  tenant_id: ['projects'],
  tenant: ['projects'],
  owner: ['projects'],
  default_project_id: ['projects'],
  parent_id: ['projects', 'domains'],
  user_id: ['users'],
  trustor_user_id: ['users'],
  trustee_user_id: ['users'],
  group_id: ['groups'],
  domain_id: ['domains'],
  credential_id: ['credentials'],
};
/** Where the field is called `id`, by what it is the id of: a token's scope, a user. */
const BY_PARENT: Readonly<Record<string, readonly string[]>> = {
  project: ['projects'],
  domain: ['domains'],
  user: ['users'],
  'OS-TRUST:trust': ['trusts'],
  application_credential: ['application_credentials'],
};
/** Deeper than any field of OpenStack's requests. */
const DEPTH = 8;

/** Every place of a body that names a thing, as its schema has them. */
export function placesIn(schema: Schema | undefined, schemas: Readonly<Record<string, Schema>>): Place[] {
  const found = new Map<string, Place>();
  const walk = (one: Schema, way: readonly (string | number)[]): void => {
    if (way.length > DEPTH) return;
    const { $ref, anyOf = [], oneOf = [], properties = {}, items } = one;
    if ($ref !== undefined) walk(schemas[$ref.slice('#/components/schemas/'.length)] ?? {}, way);
    for (const alternative of [...anyOf, ...oneOf]) walk(alternative, way);
    if (items !== undefined) walk(items, [...way, 0]);
    for (const [name, inner] of Object.entries(properties)) {
      const collections = name === 'id' ? BY_PARENT[String(way.at(-1))] : COLLECTIONS[name];
      const here = [...way, name];
      if (collections !== undefined) found.set(here.join('.'), { way: here, collections });
      walk(inner, here);
    }
  };
  walk(schema ?? {}, []);
  return [...found.values()];
}

/** The body with another value at a place; what is missing on the way is made. */
export function withAt(body: unknown, [first, ...rest]: readonly (string | number)[], value: unknown): unknown {
  if (first === undefined) return value;
  if (typeof first === 'number') {
    const list: unknown[] = Array.isArray(body) ? body : [];
    return [withAt(list[first], rest, value), ...list.slice(1)];
  }
  const fields = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  return { ...fields, [first]: withAt(fields[first], rest, value) };
}
