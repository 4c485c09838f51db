import { Type } from 'typebox';
import type { RequestContext } from '#services/kernel/context';
import { ownTarget, policies, type RuleName } from '#services/kernel/policy/index';
import type { Services } from '#services/index';
import { SERVER_ACTIONS } from '#workflows/server-actions';
import { validate } from '../http/validation.js';

type Actions = Services['nova']['serverActions'];
interface Asked {
  readonly ctx: RequestContext;
  readonly id: string;
  readonly body: unknown;
  readonly minor: number;
}
/** A member of the body of POST /servers/{id}/action that is answered with 202 and no body. */
interface ActionRoute {
  readonly policy: RuleName<'nova'>;
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

const { reboot, ...plain } = SERVER_ACTIONS;
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
    begin: (actions, { ctx, id, body }) => {
      const type = validate(RebootBody, body).type.toUpperCase() === 'HARD' ? 'HARD' : 'SOFT';
      return actions.begin(ctx, id, reboot.rules, { type });
    },
  },
  lock: {
    policy: 'os_compute_api:os-lock-server:lock',
    // A reason may be given since 2.73.
    begin: (actions, { ctx, id, body, minor }) =>
      actions.lock(ctx, id, minor >= 73 ? (validate(LockBody, body)?.locked_reason ?? null) : null),
  },
  unlock: {
    policy: 'os_compute_api:os-lock-server:unlock',
    begin: (actions, { ctx, id }) => actions.unlock(ctx, id),
  },
  'os-resetState': {
    policy: 'os_compute_api:os-admin-actions:reset_state',
    begin: (actions, { ctx, id, body }) => actions.resetState(ctx, id, validate(ResetBody, body).state),
  },
};

/** @throws 403 in Nova's words */
export const checkAction = ({ policy }: ActionRoute, { credentials }: RequestContext): void =>
  policies.enforce('nova', policy, credentials, ownTarget(credentials));
