import { Type, type Static, type TSchema } from 'typebox';
import type { RequestContext } from '#services/kernel/context';
import { badRequest } from '#services/kernel/errors';
import { ownTarget, policies, type RuleName } from '#services/kernel/policy/index';
import type { Services } from '#services/index';
import { SERVER_ACTIONS } from '#workflows/server-actions';
import type { SchemaAt } from '../http/described.js';
import { ownValue } from '../http/own.js';
import { validate } from '../http/validation.js';
import { novaDialect } from './dialect.js';

type Actions = Services['nova']['serverActions'];
interface Asked {
  readonly ctx: RequestContext;
  readonly id: string;
  /** Checked by the action's schema. */
  readonly body: unknown;
  readonly minor: number;
}
/** A member of the body of POST /servers/{id}/action that is answered with 202 and no body. */
interface ActionRoute {
  readonly policy: RuleName<'nova'>;
  /** The first microversion that has it. */
  readonly since?: number;
  /** The last one. */
  readonly until?: number;
  /** What its value has to be at a microversion; any value where there is none. */
  readonly schema?: (minor: number) => TSchema | undefined;
  /** Values that mean different actions to a person, each with what it is called then. */
  readonly choices?: readonly { readonly label: string; readonly body: unknown }[];
  /** The resources that members of its value name, for who chooses them from a list. */
  readonly refersTo?: Readonly<Record<string, string>>;
  begin(actions: Actions, asked: Asked): Promise<void>;
}

const RebootBody = Type.Object(
  { type: Type.Enum(['HARD', 'Hard', 'hard', 'SOFT', 'Soft', 'soft']) },
  { additionalProperties: false },
);
const LockBody = Type.Union([
  Type.Null(),
  Type.Object(
    { locked_reason: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })) },
    { additionalProperties: false },
  ),
]);
const ResetBody = Type.Object({ state: Type.Enum(['active', 'error']) }, { additionalProperties: false });

/** nova/api/openstack/compute/schemas/security_groups.py */
const GroupBody = Type.Object({ name: Type.String({ minLength: 1 }) }, { additionalProperties: false });
/** Neutron finds it by its id as well as by its name. */
const GROUP = { name: 'network/security_group' } as const;
/** @throws 400 for one of spaces */
function groupNameOf(body: unknown): string {
  const { name } = body as Static<typeof GroupBody>;
  if (name.trim() === '') throw badRequest('Security group name cannot be empty');
  return name;
}

/** nova/api/openstack/compute/schemas/floating_ips.py */
const ip = Type.Union([Type.String({ format: 'ipv4' }), Type.String({ format: 'ipv6' })]);
const AddFloatingIp = Type.Object({ address: ip, fixed_address: Type.Optional(ip) }, { additionalProperties: false });
const RemoveFloatingIp = Type.Object({ address: ip }, { additionalProperties: false });

/** A reason may be given since 2.73. */
const REASON_OF_LOCK = 73;
const CRASH_DUMP = 17;
const FLOATING_IPS_UNTIL = 43;
/** From here on consoles are made by a route of their own, and no longer by actions. */
export const REMOTE_CONSOLES = 6;

const { reboot, trigger_crash_dump: crashDump, ...plain } = SERVER_ACTIONS;
/** Nova's schemas leave the value of these open: anything, null as clients send it. */
const plainRoutes = Object.fromEntries(
  Object.entries(plain).map(([name, { rules }]): [string, ActionRoute] => [
    name,
    { policy: rules.policy, begin: (actions, { ctx, id }) => actions.begin(ctx, id, rules, {}) },
  ]),
);

export const ACTION_ROUTES: Readonly<Record<string, ActionRoute>> = {
  ...plainRoutes,
  reboot: {
    policy: reboot.rules.policy,
    schema: () => RebootBody,
    choices: [
      { label: 'Reboot', body: { type: 'SOFT' } },
      { label: 'Hard reboot', body: { type: 'HARD' } },
    ],
    begin: (actions, { ctx, id, body }) => {
      const type = (body as Static<typeof RebootBody>).type.toUpperCase() === 'HARD' ? 'HARD' : 'SOFT';
      return actions.begin(ctx, id, reboot.rules, { type });
    },
  },
  trigger_crash_dump: {
    policy: crashDump.rules.policy,
    since: CRASH_DUMP,
    schema: () => Type.Null(),
    begin: (actions, { ctx, id }) => actions.begin(ctx, id, crashDump.rules, {}),
  },
  lock: {
    policy: 'os_compute_api:os-lock-server:lock',
    schema: (minor) => (minor >= REASON_OF_LOCK ? LockBody : undefined),
    begin: (actions, { ctx, id, body, minor }) => {
      const reason = minor >= REASON_OF_LOCK ? (body as Static<typeof LockBody>)?.locked_reason : undefined;
      return actions.lock(ctx, id, reason ?? null);
    },
  },
  unlock: {
    policy: 'os_compute_api:os-lock-server:unlock',
    begin: (actions, { ctx, id }) => actions.unlock(ctx, id),
  },
  addSecurityGroup: {
    policy: 'os_compute_api:os-security-groups:add',
    schema: () => GroupBody,
    refersTo: GROUP,
    begin: (actions, { ctx, id, body }) => actions.addSecurityGroup(ctx, id, groupNameOf(body)),
  },
  removeSecurityGroup: {
    policy: 'os_compute_api:os-security-groups:remove',
    schema: () => GroupBody,
    refersTo: GROUP,
    begin: (actions, { ctx, id, body }) => actions.removeSecurityGroup(ctx, id, groupNameOf(body)),
  },
  addFloatingIp: {
    policy: 'os_compute_api:os-floating-ips:add',
    until: FLOATING_IPS_UNTIL,
    schema: () => AddFloatingIp,
    begin: (actions, { ctx, id, body }) => {
      const { address, fixed_address } = body as Static<typeof AddFloatingIp>;
      return actions.floatingIps.add(ctx, id, address, fixed_address);
    },
  },
  removeFloatingIp: {
    policy: 'os_compute_api:os-floating-ips:remove',
    until: FLOATING_IPS_UNTIL,
    schema: () => RemoveFloatingIp,
    begin: (actions, { ctx, id, body }) =>
      actions.floatingIps.remove(ctx, id, (body as Static<typeof RemoveFloatingIp>).address),
  },
  'os-resetState': {
    policy: 'os_compute_api:os-admin-actions:reset_state',
    schema: () => ResetBody,
    choices: [
      { label: 'Reset to active', body: { state: 'active' } },
      { label: 'Reset to error', body: { state: 'error' } },
    ],
    begin: (actions, { ctx, id, body }) => actions.resetState(ctx, id, (body as Static<typeof ResetBody>).state),
  },
};

const isServed = ({ since = 0, until = Infinity }: ActionRoute, minor: number): boolean =>
  since <= minor && minor <= until;

/** The action of a name; undefined where there is none. @throws 404 where another microversion has it */
export function actionRoute(name: string, minor: number): ActionRoute | undefined {
  const route = ownValue(ACTION_ROUTES, name);
  if (route && !isServed(route, minor)) throw novaDialect.absent!(minor);
  return route;
}

/** @throws 403 in Nova's words */
export const checkAction = ({ policy }: ActionRoute, { credentials }: RequestContext): void =>
  policies.enforce('nova', policy, credentials, ownTarget(credentials));

/** Checks the value of an action. @throws 400 in Nova's words */
export function checkActionBody({ schema }: ActionRoute, body: unknown, minor: number): unknown {
  const wanted = schema?.(minor);
  return wanted === undefined ? body : validate(wanted, body);
}

/**
 * What the body of POST /servers/{id}/action may be: an object of one member, which says what is to be done.
 * @param others actions that are answered otherwise, with their rules and the schemas of their values
 */
export function actionBodies(
  others: Readonly<
    Record<string, { readonly policy: RuleName<'nova'>; readonly schema: TSchema; readonly until?: number }>
  >,
): SchemaAt {
  const make = (minor: number): TSchema => {
    const own = Object.entries(ACTION_ROUTES)
      .filter(([, route]) => isServed(route, minor))
      .map(([name, { policy, schema }]) => actionBody(name, policy, schema?.(minor) ?? Type.Unknown()));
    const more = Object.entries(others)
      .filter(([, { until = Infinity }]) => minor <= until)
      .map(([name, { policy, schema }]) => actionBody(name, policy, schema));
    return Type.Unsafe({ oneOf: [...own, ...more] });
  };
  return Object.assign(make, { changes: [1, REMOTE_CONSOLES, CRASH_DUMP, FLOATING_IPS_UNTIL + 1, REASON_OF_LOCK] });
}

const actionBody = (name: string, policy: string, schema: TSchema): TSchema =>
  Type.Object({ [name]: schema }, { title: name, additionalProperties: false, 'x-openstack-policy': policy });
