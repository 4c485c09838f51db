import type { Prisma } from '../kernel/database.js';
import { invalidInput } from './refusals.js';
import { ACCESS_EXTERNAL, ACCESS_SHARED, EVERYBODY } from './sharing.js';

/** Who looks: of a request's context, the project. */
interface Looker {
  readonly projectId: string;
}

const reaching = (projectId: string, ...actions: readonly string[]) =>
  ({
    rbac_policies: { some: { target_project: { in: [projectId, EVERYBODY] }, action: { in: [...actions] } } },
  }) satisfies Prisma.NetworkWhereInput;

/** What is shared with a project: by itself or as with all, whosever it is. */
export const sharedWith = ({ projectId }: Looker) => reaching(projectId, ACCESS_SHARED);

/** What is the project's own, and what is shared with it. */
export const sharedOrOwn = ({ projectId }: Looker) => ({
  OR: [{ project_id: projectId }, reaching(projectId, ACCESS_SHARED)],
});

/** The networks that somebody may look at and put ports on: the project's own, and those that are shared with it or external for it. */
export const seesNetwork = ({ projectId }: Looker): Prisma.NetworkWhereInput => ({
  OR: [{ project_id: projectId }, reaching(projectId, ACCESS_SHARED, ACCESS_EXTERNAL)],
});

/** The QoS policies that a project may look at and use. */
export const seesQosPolicy = (looker: Looker): Prisma.QosPolicyWhereInput => sharedOrOwn(looker);

/** The security groups that a project may use. */
export const seesSecurityGroup = (looker: Looker): Prisma.SecurityGroupWhereInput => sharedOrOwn(looker);

const WORDS = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);
/**
 * The filter by `shared`: what is shared with who asks, or what is not (neutron_lib/db/model_query.py: apply_filters).
 * @throws 400 for what is neither true nor false
 */
export function sharedFilter([value = '']: readonly string[], { ctx }: { readonly ctx: Looker }) {
  const asked = WORDS.get(value.toLowerCase());
  if (asked === undefined) throw invalidInput(`'${value}' is not a boolean for shared`);
  return asked ? sharedWith(ctx) : { NOT: sharedWith(ctx) };
}
