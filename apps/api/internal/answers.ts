import { Type } from 'typebox';

/** What /internal answers. */
const text = Type.String();
const textOrNull = Type.Union([text, Type.Null()]);
const wholeOrNull = Type.Union([Type.Integer(), Type.Null()]);
const texts = Type.Record(text, text);

const guest = {
  uuid: text,
  name: text,
  hostname: text,
  project_id: text,
  launch_index: Type.Integer(),
  availability_zone: textOrNull,
  meta: texts,
  public_keys: texts,
  key_type: Type.Optional(text),
  user_data: Type.Optional(text),
};
export const GuestData = Type.Object({
  ...guest,
  admin_pass: Type.Optional(text),
  files: Type.Optional(Type.Array(Type.Object({ path: text, contents: text }))),
});

const DnsService = Type.Object({ type: text, address: text });
const NetworkData = Type.Object({
  links: Type.Array(Type.Object({ id: text, vif_id: text, type: text, mtu: wholeOrNull, ethernet_mac_address: text })),
  networks: Type.Array(
    Type.Object({
      id: text,
      type: text,
      link: text,
      network_id: text,
      ip_address: Type.Optional(text),
      netmask: Type.Optional(text),
      routes: Type.Optional(Type.Array(Type.Object({ network: text, netmask: text, gateway: text }))),
      services: Type.Optional(Type.Array(DnsService)),
    }),
  ),
  services: Type.Array(DnsService),
});
export const GuestMetadata = Type.Object({
  ...guest,
  network_data: NetworkData,
  ec2: Type.Object({
    instance_id: text,
    ami_id: text,
    reservation_id: text,
    instance_type: text,
    local_ipv4: text,
    security_groups: Type.Array(text),
    block_devices: texts,
  }),
});

export const ServerDevices = Type.Object({ volumes: Type.Array(text), ports: Type.Array(text) });

export const HostImage = Type.Object({
  id: text,
  status: text,
  disk_format: textOrNull,
  size: wholeOrNull,
  virtual_size: wholeOrNull,
  os_hash_value: textOrNull,
  direct_url: Type.Optional(text),
});

const orphan = {
  kind: text,
  id: text,
  why: text,
  owner: Type.Optional(text),
  machine: Type.Optional(text),
  host: Type.Optional(text),
  missing: Type.Optional(Type.Boolean()),
};
const report = {
  counts: Type.Record(text, Type.Integer()),
  orphans: Type.Array(Type.Object(orphan, { title: 'Orphan' })),
  healed: Type.Array(Type.Object({ ...orphan, done: text }, { title: 'Healed' })),
  unreachable: Type.Array(text),
};
export const Report = Type.Object(report);
const time = Type.String({ format: 'date-time' });
/** Its times are text once they are written. */
export const AuditRun = Type.Object({ started_at: time, finished_at: time, trigger: text, ...report });

export const Operations = Type.Object({
  operations: Type.Array(
    Type.Object(
      {
        id: text,
        kind: text,
        resource_type: text,
        resource_id: text,
        project_id: text,
        request_id: text,
        state: text,
        requested_at: time,
        why: text,
        detail: text,
      },
      { title: 'OpenOperation' },
    ),
  ),
});

export const Stuck = Type.Object({
  operations: Type.Array(
    Type.Object(
      {
        workflow_id: text,
        type: text,
        server_id: textOrNull,
        project_id: textOrNull,
        started_at: text,
        pending: Type.Array(Type.Object({ step: text, attempt: Type.Integer(), last_failure: textOrNull })),
        story: Type.Array(Type.Unknown()),
      },
      { title: 'StuckOperation' },
    ),
  ),
});

const Resource = { id: text, typeURI: text };
const optional = Type.Optional(text);
/** CADF's names (pycadf/event.py). */
const TrailEvent = Type.Object(
  {
    typeURI: text,
    eventType: text,
    id: text,
    eventTime: text,
    action: text,
    outcome: text,
    initiator: Type.Object({
      ...Resource,
      name: optional,
      user_id: optional,
      project_id: optional,
      domain_id: optional,
      host: Type.Object({ address: text, agent: optional }),
    }),
    target: Type.Object(Resource),
    observer: Type.Object(Resource),
    requestPath: text,
    reason: Type.Object({ reasonType: text, reasonCode: text }),
    tags: Type.Array(text),
  },
  { title: 'TrailEvent' },
);
export const TrailEvents = Type.Object({ events: Type.Array(TrailEvent) });

const Notification = Type.Object(
  {
    message_id: text,
    timestamp: text,
    event_type: text,
    publisher_id: text,
    priority: text,
    project_id: textOrNull,
    user_id: textOrNull,
    request_id: textOrNull,
    resource_type: text,
    resource_id: text,
    payload: Type.Record(Type.String(), Type.Unknown()),
  },
  { title: 'Notification' },
);
export const NotificationPage = Type.Object({ notifications: Type.Array(Notification), next: text });

/** How many measures were taken. */
export const Taken = Type.Object({ taken: Type.Integer() });
