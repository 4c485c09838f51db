import { randomUUID } from 'node:crypto';
import { OpenStackError, notFound } from '../kernel/errors.js';
import { resourcesOf, type Columns, type ServiceParts, type ServiceWords } from '../kernel/resource/spec.js';
import { notAllowed } from '../kernel/policy/index.js';

/** Keystone ids are 32 hexadecimal digits. */
export const newId = (): string => randomUUID().replaceAll('-', '');

/** What is not there, in Keystone's words (keystone/exception.py: NotFound). */
export const missing = (kind: string, id: string): OpenStackError =>
  notFound('NotFound', `Could not find ${kind}: ${id}.`);

/** What is not built yet (keystone/exception.py: NotImplemented). @param what a sentence that says what is missing */
export const notImplemented = (what: string): OpenStackError =>
  new OpenStackError(501, 'NotImplemented', `The action you have requested has not been implemented. ${what}`, {
    verdict: 'abort',
  });

/** What rules call the attributes of a thing that a request is about: `target.project.domain_id`. */
export const target = (kind: string, of: object): Columns =>
  Object.fromEntries(Object.entries(of).map(([name, value]) => [`target.${kind}.${name}`, value as unknown]));

/** How Keystone's resources speak (keystone/exception.py, keystone/common/rbac_enforcer/enforcer.py). */
export const words: ServiceWords = {
  service: 'keystone',
  adminRule: 'admin_required',
  ruleOf: (action, [one, many]) => `identity:${action}_${action === 'list' ? many : one}`,
  own: ({ credentials: { user_id, user_domain_id, project_id, project_domain_id } }) => ({
    ...target('user', { id: user_id, domain_id: user_domain_id }),
    ...target('project', { id: project_id, domain_id: project_domain_id }),
    ...target('domain', { id: project_domain_id }),
  }),
  unscoped: true,
  refusesFirst: true,
  notFound: ([one], id) => missing(one, id),
  noMarker: (marker) => notFound('MarkerNotFound', `Marker ${marker} could not be found.`),
  refused: ([asked]) => notAllowed('keystone', asked?.rule ?? ''),
  tagRule: (tags, [one]) =>
    ({
      list: `identity:list_${one}_tags`,
      replace: `identity:update_${one}_tags`,
      clear: `identity:delete_${one}_tags`,
      check: `identity:get_${one}_tag`,
      add: `identity:create_${one}_tag`,
      remove: `identity:delete_${one}_tag`,
    })[tags],
};

/** What Keystone's resources stand on. */
export interface KeystoneParts extends ServiceParts {
  /** Called when a change has committed that the validation of a token would see. */
  readonly forgetTokens: () => void;
}

/** Describes a resource of Keystone. */
export const resource = resourcesOf<KeystoneParts>(words);
