import { Type, type TSchema } from 'typebox';
import { bulkable } from './bulk.js';

const text = Type.Optional(Type.String({ maxLength: 255 }));
const flag = Type.Optional(Type.Boolean());
const project = Type.Optional(Type.String({ maxLength: 255 }));
const pool = Type.Object({ start: Type.String(), end: Type.String() }, { additionalProperties: false });
const one = <T extends Record<string, TSchema>>(properties: T) =>
  Type.Object({ ...properties, tenant_id: project, project_id: project }, { additionalProperties: false });

export const CreateNetworks = bulkable(
  'network',
  one({
    name: text,
    description: text,
    admin_state_up: flag,
    shared: flag,
    port_security_enabled: flag,
    mtu: Type.Optional(Type.Integer({ minimum: 68, maximum: 65535 })),
  }),
);
export const CreateSubnets = bulkable(
  'subnet',
  one({
    network_id: Type.String(),
    cidr: Type.String(),
    ip_version: Type.Union([Type.Literal(4), Type.Literal(6)]),
    name: text,
    description: text,
    enable_dhcp: flag,
    gateway_ip: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    dns_nameservers: Type.Optional(Type.Array(Type.String())),
    allocation_pools: Type.Optional(Type.Array(pool)),
  }),
);
export const CreatePorts = bulkable(
  'port',
  one({
    network_id: Type.String(),
    name: text,
    description: text,
    admin_state_up: flag,
    mac_address: text,
    device_id: text,
    device_owner: text,
    port_security_enabled: flag,
    fixed_ips: Type.Optional(
      Type.Array(
        Type.Object(
          { subnet_id: Type.Optional(Type.String()), ip_address: Type.Optional(Type.String()) },
          { additionalProperties: false },
        ),
      ),
    ),
  }),
);

const changeOf = <T extends Record<string, TSchema>>(properties: T) =>
  Type.Object(properties, { additionalProperties: false });

export const UpdateNetworkSchema = Type.Object({
  network: changeOf({
    name: text,
    description: text,
    admin_state_up: flag,
    shared: flag,
    port_security_enabled: flag,
    mtu: Type.Optional(Type.Integer({ minimum: 68, maximum: 65535 })),
  }),
});
export const UpdateSubnetSchema = Type.Object({
  subnet: changeOf({
    name: text,
    description: text,
    enable_dhcp: flag,
    gateway_ip: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    dns_nameservers: Type.Optional(Type.Array(Type.String())),
    allocation_pools: Type.Optional(Type.Array(pool)),
  }),
});
export const UpdatePortSchema = Type.Object({
  port: changeOf({
    name: text,
    description: text,
    admin_state_up: flag,
    device_id: text,
    device_owner: text,
    port_security_enabled: flag,
  }),
});
