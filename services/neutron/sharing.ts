import { Type } from 'typebox';
import type { RequestContext } from '../kernel/context.js';
import { bool, shownAs, type FieldOptions } from '../kernel/resource/fields.js';

/** What an RBAC policy lets a project do with a thing of another one (neutron_lib/constants.py). */
export const ACCESS_SHARED = 'access_as_shared';
export const ACCESS_EXTERNAL = 'access_as_external';
/** All projects, as the target of an RBAC policy. */
export const EVERYBODY = '*';

/** A thing that RBAC policies can be about, with those policies. */
export interface Shareable {
  readonly rbac_policies: readonly { readonly action: string; readonly target_project: string }[];
}
/** What a resource includes to know with whom it is shared. */
export const SHARING = { rbac_policies: { select: { action: true, target_project: true } } } as const;

const reaches = (target: string, projectId: string): boolean => target === EVERYBODY || target === projectId;

/** Whether a thing is shared with a project: by itself, or with everybody (neutron/objects/rbac_db.py: is_network_shared). */
export const isSharedWith = ({ rbac_policies }: Shareable, projectId: string): boolean =>
  rbac_policies.some(({ action, target_project }) => action === ACCESS_SHARED && reaches(target_project, projectId));

/** Whether a network of another project is there for a project at all: shared with it, or external for it. */
export const isThereFor = ({ rbac_policies }: Shareable, projectId: string): boolean =>
  rbac_policies.some(({ target_project }) => reaches(target_project, projectId));

/**
 * `shared` of a thing. Requests write by it whether it is shared with everybody, and each answer says whether it is shared
 * with the project that asks.
 */
export const sharedField = <const O extends FieldOptions<boolean>>(options: O) =>
  shownAs(bool(options), Type.Boolean(), (row: Shareable, _minor, _sees, projectId) => isSharedWith(row, projectId));

/** `shared` of a thing as its rules look at it: as it is shown to who asks. */
export const sharedTarget = (row: Shareable, { projectId }: RequestContext) => ({
  shared: isSharedWith(row, projectId),
});
