import { Type, type Static, type TSchema } from 'typebox';
import { VOLUME_STATE_FACTS } from '#services/cinder/index';
import { STATES_WITH_PROCESS, VM_STATE_FACTS, type ServerActionRules } from '#services/nova/index';
import { ATTACHMENTS, SERVER_ACTIONS } from '#workflows/server-actions';
import { REMOTE_CONSOLES_POLICY } from '../nova/remote-consoles.js';
import { ACTION_ROUTES, REMOTE_CONSOLES } from '../nova/server-actions.js';
import { MAX_MINOR } from '../http/microversion.js';
import { FieldSchema, memberView, type Field, type References } from './field-view.js';
import { words } from './words.js';

const closed = { additionalProperties: false };
const text = Type.String();
const From = Type.Object(
  { vm_state: Type.Array(text), task_state: Type.Array(Type.Union([text, Type.Null()])) },
  { ...closed, title: 'FromStates' },
);
const ActionSchema = Type.Object(
  {
    action: text,
    label: text,
    /** The member of the body of POST /servers/{id}/action; null for one that has a route of its own. */
    bodyKey: Type.Union([text, Type.Null()]),
    /** Its value. */
    body: Type.Unknown(),
    /** What has to be said in that value, in a form; none where the value is as it is above. */
    fields: Type.Array(FieldSchema),
    /** The states in which a server takes it; null where it takes it in all. */
    from: Type.Union([From, Type.Null()]),
    /** The first microversion that has it. */
    microversion: Type.Union([text, Type.Null()]),
    may: Type.Boolean(),
  },
  { ...closed, title: 'ServerAction' },
);
const VmState = Type.Object(
  {
    status: text,
    during: Type.Optional(Type.Record(text, text)),
    guest: text,
    owns: text,
    underWay: Type.Optional(Type.Literal(true)),
  },
  { ...closed, title: 'VmState' },
);
const VolumeState = Type.Object(
  {
    bytes: text,
    underWay: Type.Optional(Type.Literal(true)),
    attached: Type.Optional(Type.Literal(true)),
    deletable: Type.Optional(Type.Literal(true)),
  },
  { ...closed, title: 'VolumeState' },
);
/** What may be done in which state, and what each state is: the tables that the API itself goes by. */
export const ActionsSchema = Type.Object(
  {
    server: Type.Array(ActionSchema),
    statuses: Type.Object({ server: Type.Record(text, VmState), volume: Type.Record(text, VolumeState) }, closed),
  },
  closed,
);
type ActionView = Static<typeof ActionSchema>;
type Policy = ServerActionRules['policy'];
/** The rules that a page needs, whatever their body is. */
interface Rules {
  readonly action: string;
  readonly policy: Policy;
  readonly from: unknown;
}

/**
 * @param may whether the caller may do what a rule of Nova is about with a server of their own
 */
export function actionsView(may: (policy: string) => boolean, references: References): Static<typeof ActionsSchema> {
  const routed = Object.entries(ACTION_ROUTES).flatMap(([name, route]): ActionView[] => {
    const { policy, since, until, choices } = route;
    // What the newest microversion does otherwise, pages do, too.
    if (until !== undefined) return [];
    const rules = (SERVER_ACTIONS as Readonly<Record<string, { readonly rules: Rules } | undefined>>)[name]?.rules;
    const common = {
      action: rules?.action ?? words(name).toLowerCase().replaceAll(' ', '_'),
      bodyKey: name,
      microversion: since === undefined ? null : `2.${since}`,
      may: may(policy),
      fields: choices === undefined ? fieldsOf(route, references) : [],
    };
    return (choices ?? [{ label: words(name), body: null }]).map(({ label, body }) => ({
      ...common,
      label,
      body,
      from: fromOf(rules?.from, body),
    }));
  });
  const others = Object.values(ATTACHMENTS).map(({ rules }): ActionView => {
    const { action, policy, from } = rules as Rules;
    return {
      action,
      label: words(action),
      bodyKey: null,
      body: null,
      fields: [],
      from: fromOf(from, null),
      microversion: null,
      may: may(policy),
    };
  });
  const display: ActionView = {
    action: 'remote_console',
    label: 'Console',
    bodyKey: null,
    body: null,
    fields: [],
    from: { vm_state: [...STATES_WITH_PROCESS], task_state: [] },
    microversion: `2.${REMOTE_CONSOLES}`,
    may: may(REMOTE_CONSOLES_POLICY),
  };
  const statuses = { server: { ...VM_STATE_FACTS }, volume: { ...VOLUME_STATE_FACTS } };
  return { server: [...routed, ...others, display], statuses };
}

/** What the value of an action has to say, at the newest microversion, where that is more than that it is to be done. */
function fieldsOf({ schema, refersTo }: (typeof ACTION_ROUTES)[string], references: References): Field[] {
  const value: { readonly properties?: Readonly<Record<string, TSchema>>; readonly required?: readonly string[] } =
    schema?.(MAX_MINOR) ?? {};
  return (value.required ?? []).map((name) =>
    memberView('compute', name, value.properties![name]!, true, references, refersTo?.[name]),
  );
}

/** States may depend on what the request says: a server in ERROR takes a hard reboot, and no soft one. */
function fromOf(from: unknown, body: unknown): Static<typeof From> | null {
  if (from === undefined) return null;
  const { vm_state, task_state } = (
    typeof from === 'function' ? (from as (body: unknown) => unknown)(body) : from
  ) as Static<typeof From>;
  return { vm_state: [...vm_state], task_state: [...task_state] };
}
