import { OpenStackError, notFound } from '../kernel/errors.js';
import { notAllowed } from '../kernel/policy/index.js';
import { resourcesOf, type Action, type ServiceParts, type ServiceWords } from '../kernel/resource/spec.js';
import type { Statements } from '../kernel/database.js';

const VERBS: Partial<Record<Action, string>> = { get: 'show' };

/** How Placement's resources speak (placement/exception.py). */
const words: ServiceWords = {
  service: 'placement',
  adminRule: 'admin_api',
  ruleOf: (action, [, many]) => `placement:${many}:${VERBS[action] ?? action}`,
  notFound: ([one], id) => notFound('NotFound', NOT_FOUND[one]?.(id) ?? `No such ${one} ${id}.`),
  refused: ([asked]) => notAllowed('placement', asked?.rule ?? ''),
};
const NOT_FOUND: Readonly<Record<string, (id: string) => string>> = {
  resource_provider: (id) => `No resource provider with uuid ${id} found`,
  resource_class: (name) => `No such resource class ${name}.`,
  trait: (name) => `No such trait(s): ${name}.`,
};

/** A provider that is not there. */
export const noProvider = (id: string): OpenStackError =>
  words.notFound(['resource_provider', 'resource_providers'], id);

/** Placement's codes of errors, which its answers have since 1.23 (placement/errors.py). */
export type Code =
  | 'placement.concurrent_update'
  | 'placement.duplicate_name'
  | 'placement.inventory.inuse'
  | 'placement.query.bad_value'
  | 'placement.query.duplicate_key'
  | 'placement.query.missing_value'
  | 'placement.resource_provider.cannot_delete_parent'
  | 'placement.resource_provider.inuse'
  | 'placement.resource_provider.not_found'
  | 'placement.undefined_code';

/** A conflict with a code of Placement's own. */
export const conflictOf = (code: Code, message: string): OpenStackError => new OpenStackError(409, code, message);

/** What Placement's resources stand on. */
export interface PlacementParts extends ServiceParts {
  readonly sql: Statements;
}

/** Describes a resource of Placement. */
export const resource = resourcesOf<PlacementParts>(words);

/** Names that clients make begin so; all others are OpenStack's. */
export const CUSTOM = '^CUSTOM_[A-Z0-9_]+$';
export const isStandard = (name: string): boolean => !name.startsWith('CUSTOM_');
