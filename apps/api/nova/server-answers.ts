import { Type, type TProperties, type TSchema } from 'typebox';
import { byMinor } from '../http/by-minor.js';
import { optional, since, strict } from './server-schemas.js';

/** What is answered about servers, by microversion: the schemas of what server-views.ts makes. */
const text = Type.String();
const whole = Type.Integer();
const orNull = (schema: TSchema): TSchema => Type.Union([schema, Type.Null()]);
const titled = (title: string, properties: TProperties): TSchema =>
  Type.Object(properties, { title, additionalProperties: false });
/** What a policy shows and hides. */
const seen = (policy: string, schema: TSchema): TSchema =>
  Type.Optional(Type.Unsafe({ ...schema, 'x-openstack-policy': policy }));

const links = Type.Array(strict({ rel: text, href: text }));
const metadata = Type.Record(text, text);
const Ref = titled('ServerSummary', { id: text, name: text, links });

function flavor(minor: number): TSchema {
  if (minor < 47) return strict({ id: text, links });
  const sizes = { vcpus: whole, ram: whole, disk: whole, ephemeral: whole, swap: whole };
  return strict({ ...sizes, original_name: text, extra_specs: metadata });
}

const image = (minor: number): TSchema =>
  Type.Union([Type.Literal(''), strict({ id: text, links, ...since(minor, 98, { properties: metadata }) })]);
const addresses = (more: TProperties): TSchema =>
  Type.Record(text, Type.Array(strict({ version: Type.Enum([4, 6]), addr: text, ...more })));
const fullAddresses = addresses({ 'OS-EXT-IPS:type': text, 'OS-EXT-IPS-MAC:mac_addr': text });

const core = (minor: number): TProperties => ({
  id: text,
  name: text,
  status: text,
  tenant_id: text,
  user_id: text,
  metadata,
  hostId: text,
  image: image(minor),
  flavor: flavor(minor),
  created: Type.String({ format: 'date-time' }),
  updated: Type.String({ format: 'date-time' }),
  addresses: fullAddresses,
  accessIPv4: text,
  accessIPv6: text,
  links,
  fault: optional(strict({ code: whole, created: text, message: text, details: seen('context_is_admin', text) })),
  progress: optional(whole),
  'OS-DCF:diskConfig': Type.Enum(['AUTO', 'MANUAL']),
});

const ATTRIBUTES = 'os_compute_api:os-extended-server-attributes';
const attribute = (schema: TSchema): TSchema => seen(ATTRIBUTES, schema);
const attributesOfHost = (minor: number): TProperties => ({
  'OS-EXT-SRV-ATTR:host': attribute(orNull(text)),
  'OS-EXT-SRV-ATTR:instance_name': attribute(text),
  'OS-EXT-SRV-ATTR:hypervisor_hostname': attribute(orNull(text)),
  ...since(minor, 3, {
    'OS-EXT-SRV-ATTR:reservation_id': attribute(orNull(text)),
    'OS-EXT-SRV-ATTR:launch_index': attribute(whole),
    'OS-EXT-SRV-ATTR:hostname': minor >= 90 ? text : attribute(text),
    'OS-EXT-SRV-ATTR:kernel_id': attribute(text),
    'OS-EXT-SRV-ATTR:ramdisk_id': attribute(text),
    'OS-EXT-SRV-ATTR:root_device_name': attribute(orNull(text)),
    'OS-EXT-SRV-ATTR:user_data': attribute(orNull(text)),
  }),
  ...since(minor, 16, { host_status: seen('os_compute_api:servers:show:host_status', text) }),
});

const extensions = (minor: number): TProperties => ({
  config_drive: text,
  key_name: orNull(text),
  'OS-SRV-USG:launched_at': orNull(text),
  'OS-SRV-USG:terminated_at': orNull(text),
  'OS-EXT-AZ:availability_zone': text,
  'OS-EXT-STS:task_state': orNull(text),
  'OS-EXT-STS:vm_state': text,
  'OS-EXT-STS:power_state': whole,
  'os-extended-volumes:volumes_attached': Type.Array(
    strict({ id: text, ...since(minor, 3, { delete_on_termination: Type.Boolean() }) }),
  ),
  security_groups: optional(Type.Array(strict({ name: text }))),
  ...attributesOfHost(minor),
});

const later = (minor: number): TProperties => ({
  ...since(minor, 9, { locked: Type.Boolean() }),
  ...since(minor, 19, { description: orNull(text) }),
  ...since(minor, 26, { tags: Type.Array(text) }),
  ...since(minor, 63, { trusted_image_certificates: orNull(Type.Array(text)) }),
  ...since(minor, 73, { locked_reason: orNull(text) }),
  ...since(minor, 96, { pinned_availability_zone: orNull(text) }),
  ...since(minor, 100, { scheduler_hints: Type.Record(text, Type.Unknown()) }),
});
/** Only where one server is answered. */
const groups = (minor: number): TProperties => since(minor, 71, { server_groups: Type.Array(text) });

const listed = (minor: number): TProperties => ({ ...core(minor), ...extensions(minor), ...later(minor) });
const CHANGES = [1, 3, 9, 16, 19, 26, 47, 63, 71, 73, 75, 90, 96, 98, 100];
const page = (item: TSchema): TSchema => strict({ servers: Type.Array(item), servers_links: optional(links) });

/** GET /servers */
export const serverRefsSchema = page(Ref);
/** GET /servers/detail */
export const serversSchema = byMinor((minor) => page(titled('ServerListed', listed(minor))), CHANGES);
/** GET /servers/{id} */
export const serverSchema = byMinor(
  (minor) => strict({ server: titled('Server', { ...listed(minor), ...groups(minor) }) }),
  CHANGES,
);
/** PUT /servers/{id}: until 2.75 the core of a server. */
export const changedServerSchema = byMinor((minor) => {
  const brief = { ...core(minor), ...later(minor), ...groups(minor), addresses: addresses({}) };
  return strict({
    server: titled('ServerUpdated', minor >= 75 ? { ...listed(minor), ...groups(minor) } : brief),
  });
}, CHANGES);
/** POST /servers */
export const createdSchema = Type.Union([
  strict({
    server: titled('ServerCreated', {
      id: text,
      links,
      'OS-DCF:diskConfig': Type.Enum(['AUTO', 'MANUAL']),
      security_groups: Type.Array(strict({ name: text })),
      adminPass: text,
    }),
  }),
  strict({ reservation_id: text }),
]);

const action = (minor: number): TProperties => ({
  action: text,
  instance_uuid: text,
  request_id: text,
  user_id: text,
  project_id: text,
  start_time: text,
  message: orNull(text),
  ...since(minor, 58, { updated_at: text }),
});
const EVENTS = 'os_compute_api:os-instance-actions:events';
const event = (minor: number): TSchema =>
  strict({
    event: text,
    start_time: text,
    finish_time: orNull(text),
    result: orNull(text),
    traceback: seen(EVENTS, Type.Null()),
    ...since(minor, 62, { hostId: text, host: seen(EVENTS, text) }),
    ...since(minor, 84, { details: orNull(text) }),
  });
/** GET /servers/{id}/os-instance-actions */
export const actionsSchema = byMinor(
  (minor) =>
    strict({
      instanceActions: Type.Array(titled('InstanceActionListed', action(minor))),
      ...since(minor, 58, { links: optional(links) }),
    }),
  [1, 58],
);
/** GET /servers/{id}/os-instance-actions/{request_id} */
export const actionSchema = byMinor(
  (minor) => {
    const events = Type.Array(event(minor));
    const shown = { events: minor >= 51 ? events : seen(EVENTS, events) };
    return strict({ instanceAction: titled('InstanceAction', { ...action(minor), ...shown }) });
  },
  [1, 51, 58, 62, 84],
);
