import { OpenStackError, badRequest } from '../kernel/errors.js';

/** The states of an alarm, each with the attribute that names what is told when it comes. */
export const STATES = ['ok', 'alarm', 'insufficient data'] as const;
export type State = (typeof STATES)[number];
export const ACTIONS_OF = {
  ok: 'ok_actions',
  alarm: 'alarm_actions',
  'insufficient data': 'insufficient_data_actions',
} as const satisfies Record<State, string>;

/** What needs no address of somebody's: only administrators may write to the cloud's own log. */
const INTERNAL: ReadonlySet<string> = new Set(['log', 'test']);
const SCHEMES: ReadonlySet<string> = new Set(['http', 'https', ...INTERNAL]);
/** What Aodh has beside these, and why it is not here. */
const ABSENT: Readonly<Record<string, string>> = {
  'trust+http': 'this cloud makes no trusts for alarms',
  'trust+https': 'this cloud makes no trusts for alarms',
  'trust+heat': 'this cloud has no Heat',
  'trust+zaqar': 'this cloud has no Zaqar',
  zaqar: 'this cloud has no Zaqar',
};

/**
 * The actions of one state, without those that are named twice (alarms.py: check_alarm_actions).
 * @param limited whether who gives them is no administrator
 * @throws 400 for one that cannot be carried out, 401 for one that is not his
 */
export function normalActions(name: string, given: readonly string[], most: number, limited: boolean): string[] {
  const actions = [...new Set(given)];
  if (actions.length > most) throw badRequest(`${name} count exceeds maximum value ${most}`);
  for (const action of actions) checkAction(action, limited);
  return actions;
}

function checkAction(action: string, limited: boolean): void {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(action)?.[1]?.toLowerCase() ?? '';
  if (!SCHEMES.has(scheme)) {
    const why = Object.hasOwn(ABSENT, scheme) ? `: ${ABSENT[scheme]!}` : '';
    throw badRequest(`Unsupported action ${action}${why}`);
  }
  if (INTERNAL.has(scheme)) {
    if (limited) throw new OpenStackError(401, 'NotAuthorized', `You are not authorized to create action: ${action}`);
    return;
  }
  if (!URL.canParse(action)) throw badRequest(`Unable to parse action ${action}`);
}
