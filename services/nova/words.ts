import type { Sql } from '../kernel/database.js';
import { badRequest, forbidden, notFound } from '../kernel/errors.js';
import { resourcesOf, viewsOf, type Action, type ServiceParts, type ServiceWords } from '../kernel/resource/spec.js';

/** The verbs of Nova's rules. */
const VERBS: Readonly<Record<Action, string>> = {
  list: 'index',
  get: 'show',
  create: 'create',
  update: 'update',
  delete: 'delete',
};
const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** How Nova's resources speak (nova/exception.py, nova/policy.py). */
export const novaWords: ServiceWords = {
  service: 'nova',
  adminRule: 'context_is_admin',
  // nova/notifications/objects/flavor.py: one without a beginning and an end.
  tells: {
    publisher: 'api',
    events: (deed, one) => [`${one}.${deed}`],
    payload: (_one, _id, attributes) => attributes,
  },
  ruleOf: (action, [, many]) => `os_compute_api:os-${many}:${VERBS[action]}`,
  notFound: ([one], id) => notFound(`${capital(one)}NotFound`, `${capital(one)} ${id} could not be found.`),
  noMarker: (marker) => badRequest(`marker [${marker}] not found`),
  refused: ([asked]) => forbidden(`Policy doesn't allow ${asked?.rule ?? ''} to be performed.`),
};

/** What Nova's resources stand on. */
interface NovaParts extends ServiceParts {
  readonly sql: Sql;
  /** Called when a flavor has changed. */
  readonly flavorsChanged: () => void;
}

/** Describes a resource of Nova that has a table. */
export const resource = resourcesOf<NovaParts>(novaWords);
/** Describes one that has none of its own. */
export const view = viewsOf(novaWords);
