import { Type } from 'typebox';
import { json, takenAs, text, uuid } from '../../../kernel/resource/fields.js';
import { view } from '../../words.js';
import { LAST_PROXY } from './last-proxy.js';

const given = { write: ['post', 'put'], required: 'always', max: 255 } as const;
const strict = { additionalProperties: false };
const number = Type.Union([Type.Integer(), Type.Null()]);
const protocol = Type.Union([Type.String(), Type.Null()]);
/** The group that a rule lets in, or nothing. */
const Source = Type.Union([
  Type.Object({ name: Type.String(), tenant_id: Type.String() }, strict),
  Type.Object({}, strict),
]);
/** The addresses that a rule lets in, or nothing. */
const Range = Type.Union([Type.Object({ cidr: Type.String() }, strict), Type.Object({}, strict)]);
const Rule = Type.Object(
  {
    id: Type.String(),
    parent_group_id: Type.String(),
    ip_protocol: protocol,
    from_port: number,
    to_port: number,
    group: Source,
    ip_range: Range,
  },
  strict,
);

const group = {
  names: ['security_group', 'security_groups'],
  fields: {
    id: text({}),
    name: text(given),
    description: text(given),
    tenant_id: text({}),
    rules: json(Type.Array(Rule), {}),
  },
} as const;

/** A security group as Nova shows Neutron's (nova/api/openstack/compute/security_groups.py: SecurityGroupController). */
export const securityGroup = view({
  ...group,
  path: 'os-security-groups',
  until: LAST_PROXY,
  rules: {
    list: 'os_compute_api:os-security-groups:get',
    get: 'os_compute_api:os-security-groups:show',
    create: 'os_compute_api:os-security-groups:create',
    update: 'os_compute_api:os-security-groups:update',
    delete: 'os_compute_api:os-security-groups:delete',
  },
});

/** One of those that a server's ports have (ServerSecurityGroupController), at every microversion. */
export const serverSecurityGroup = view({
  ...group,
  title: 'ServerSecurityGroup',
  path: 'servers/:server_id/os-security-groups',
  below: { field: 'server_id' },
  actions: ['list'],
  rules: { list: 'os_compute_api:os-security-groups:list' },
});

/** Nova checks these when it has read all of them. */
const anything = { write: ['post'] } as const;
const portNumber = takenAs(json<number | null, typeof anything>(number, anything), Type.Unknown());

/** A rule that lets something in (SecurityGroupRulesController). Nova knows no others. */
export const securityGroupRule = view({
  names: ['security_group_rule', 'security_group_rules'],
  path: 'os-security-group-rules',
  until: LAST_PROXY,
  actions: ['create', 'delete'],
  rules: {
    create: 'os_compute_api:os-security-groups:rule:create',
    delete: 'os_compute_api:os-security-groups:rule:delete',
  },
  fields: {
    id: text({}),
    parent_group_id: uuid({ write: ['post'], required: true }),
    group_id: uuid({ nullable: true, write: ['post'], hidden: true }),
    cidr: json(Type.Unknown(), { write: ['post'], hidden: true }),
    ip_protocol: takenAs(json<string | null, typeof anything>(protocol, anything), Type.Unknown()),
    from_port: portNumber,
    to_port: portNumber,
    group: json(Source, {}),
    ip_range: json(Range, {}),
  },
});
