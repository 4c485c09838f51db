import type { RequestContext } from '../kernel/context.js';
import { forbidden, notFound, type OpenStackError } from '../kernel/errors.js';
import type { NewOperation, OperationRecords } from '../kernel/operations.js';
import { resourcesOf, type Action, type ServiceParts, type ServiceWords } from '../kernel/resource/spec.js';
import type { VolumeQuotas } from './quotas.js';

/** `volume_type` as `VolumeType`. */
const pascal = (name: string): string =>
  name
    .split('_')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('');
const missing = (name: string, id: string): OpenStackError =>
  notFound(`${pascal(name)}NotFound`, `${pascal(name)} ${id} could not be found.`);
const VERBS: Readonly<Record<Action, string>> = {
  list: 'get_all',
  get: 'get',
  create: 'create',
  update: 'update',
  delete: 'delete',
};

/** How Cinder's resources speak (cinder/exception.py, cinder/context.py). */
const words: ServiceWords = {
  service: 'cinder',
  adminRule: 'context_is_admin',
  // cinder/volume/volume_utils.py: notify_about_volume_usage.
  tells: {
    publisher: 'volume',
    events: (deed, one) => [`${one}.${deed}.start`, `${one}.${deed}.end`],
    payload: (one, id, attributes) => ({ [`${one}_id`]: id, ...attributes }),
  },
  ruleOf: (action, [one]) => `${one}:${VERBS[action]}`,
  notFound: ([one], id) => missing(one, id),
  refused: ([asked]) => forbidden(`Policy doesn't allow ${asked?.rule ?? ''} to be performed.`),
};

/** What Cinder's resources stand on. */
export interface CinderParts extends ServiceParts {
  readonly quotas: VolumeQuotas;
  readonly operations: OperationRecords;
  /** Starts operations whose records have been committed. */
  readonly start: (operations: readonly NewOperation[]) => void;
  /** The image that a volume is to be made of, and how many GiB it needs. @throws 400 when there is none that can be used */
  readonly bootableImage: (ctx: RequestContext, id: string) => Promise<{ id: string; minimumGb: number }>;
}

/** Describes a resource of Cinder. */
export const resource = resourcesOf<CinderParts>(words);
