import type { Config } from '#config';
import type { RequestContext } from '../kernel/context.js';
import { OpenStackError, notFound } from '../kernel/errors.js';
import { notAllowed, type Policies } from '../kernel/policy/index.js';
import { resourcesOf, type Action, type ServiceParts, type ServiceWords } from '../kernel/resource/spec.js';

const RULES: Readonly<Record<Action, string>> = {
  list: 'telemetry:get_alarms',
  get: 'telemetry:get_alarm',
  create: 'telemetry:create_alarm',
  update: 'telemetry:change_alarm',
  delete: 'telemetry:delete_alarm',
};

/** How Aodh's resources speak (aodh/api/controllers/v2/base.py, aodh/api/rbac.py). */
export const words: ServiceWords = {
  service: 'aodh',
  adminRule: 'context_is_admin',
  ruleOf: (action) => RULES[action],
  notFound: (_names, id) => notFound('AlarmNotFound', `Alarm ${id} not found`),
  noMarker: (marker) => new OpenStackError(400, 'InvalidMarker', `Marker ${marker} not found.`),
  refused: ([asked]) => notAllowed('aodh', asked?.rule ?? ''),
};

/** WSME's refusal of a value (wsme/exc.py: InvalidInput). */
export const invalidInput = (field: string, value: string, why: string): OpenStackError =>
  new OpenStackError(400, 'InvalidInput', `Invalid input for field/attribute ${field}. Value: '${value}'. ${why}`);

/** Somebody names another project, or another user, than his own (ProjectNotAuthorized): Aodh answers 401. */
export const notAuthorized = (id: string, aspect: 'project' | 'user' = 'project'): OpenStackError =>
  new OpenStackError(401, 'ProjectNotAuthorized', `Not Authorized to access ${aspect} ${id}`);

/** What Aodh's resources stand on. */
export interface AodhParts extends ServiceParts {
  readonly config: Config['aodh'];
  readonly policies: Policies;
}

/** Whether somebody is limited to what his own project has (aodh/api/rbac.py: get_limited_to). */
export const isLimited = ({ policies }: AodhParts, { credentials }: RequestContext): boolean =>
  !policies.allows('aodh', 'segregation', credentials, {});

/** Describes a resource of Aodh. */
export const resource = resourcesOf<AodhParts>(words);
