import { badRequest, forbidden, notFound, type OpenStackError } from '../kernel/errors.js';
import type { ObjectStore } from '#drivers/objects/index';
import type { RequestContext } from '../kernel/context.js';
import type { Policies } from '../kernel/policy/index.js';
import type { ImageQuotas } from './quotas.js';
import {
  resourcesOf,
  type Action,
  type Columns,
  type ServiceParts,
  type ServiceWords,
} from '../kernel/resource/spec.js';

const RULES: Readonly<Record<Action, (one: string, many: string) => string>> = {
  list: (_one, many) => `get_${many}`,
  get: (one) => `get_${one}`,
  create: (one) => `add_${one}`,
  update: (one) => `modify_${one}`,
  delete: (one) => `delete_${one}`,
};

export const noImage = (id: string): OpenStackError => notFound('ImageNotFound', `No image found with ID ${id}`);
const notAuthorized = (rule: string): OpenStackError => forbidden(`You are not authorized to complete ${rule} action.`);

/** How Glance's resources speak (glance/api/v2/policy.py, glance/common/exception.py). */
const words: ServiceWords = {
  service: 'glance',
  adminRule: 'context_is_admin',
  // glance/notifier.py.
  tells: {
    publisher: 'image',
    events: (deed, one) => [`${one}.${deed}`],
    payload: (_one, _id, attributes) => attributes,
  },
  ruleOf: (action, [one, many]) => RULES[action](one, many),
  own: ({ projectId }) => ({ owner: projectId, visibility: 'private' }),
  notFound: (_names, id) => noImage(id),
  noMarker: (id) => badRequest(`No image found with ID ${id}`),
  refused: ([asked], action, _names, of) =>
    of !== undefined && action === 'get' && asked?.rule === 'get_image'
      ? noImage(of.id)
      : notAuthorized(asked?.rule ?? ''),
};

/** What Glance's resources stand on. */
export interface GlanceParts extends ServiceParts {
  readonly policies: Policies;
  readonly objects: Pick<ObjectStore, 'remove'>;
  readonly quotas: ImageQuotas;
  /** Called when an image has changed. */
  readonly imageChanged: () => void;
}

/** @throws 403 in Glance's words unless the rule lets the asker do it with the target */
export function enforce(
  { ctx, parts }: { readonly ctx: RequestContext; readonly parts: GlanceParts },
  rule: 'publicize_image' | 'communitize_image',
  target: Columns,
): void {
  if (!parts.policies.allows('glance', rule, ctx.credentials, target)) throw notAuthorized(rule);
}

/** Describes a resource of Glance. */
export const resource = resourcesOf<GlanceParts>(words);
