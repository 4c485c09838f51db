import { Type, type Static } from 'typebox';
import type { Assignment } from '#services/keystone/index';

const closed = { additionalProperties: false };
const id = Type.String();
const name = Type.Optional(Type.String());
const Domain = Type.Object({ id, name }, closed);
const inDomain = { id, name, domain: Type.Optional(Domain) };
const Actor = Type.Object(inDomain, closed);
export const AssignmentSchema = Type.Object(
  {
    role: Type.Object(inDomain, closed),
    user: Type.Optional(Actor),
    group: Type.Optional(Actor),
    scope: Type.Object(
      {
        project: Type.Optional(Actor),
        domain: Type.Optional(Domain),
        system: Type.Optional(Type.Object({ all: Type.Boolean() }, closed)),
        'OS-INHERIT:inherited_to': Type.Optional(Type.Literal('projects')),
      },
      closed,
    ),
    links: Type.Object(
      { assignment: Type.String(), membership: Type.Optional(Type.String()), prior_role: Type.Optional(Type.String()) },
      closed,
    ),
  },
  { ...closed, title: 'RoleAssignment' },
);
export type AssignmentView = Static<typeof AssignmentSchema>;

/** An assignment as Keystone shows it (keystone/api/role_assignments.py: _format_entity). @param base the API's address */
export function assignmentView(row: Assignment, base: string): AssignmentView {
  const inherited = row.inherited || row.from_project !== null || row.from_domain !== null;
  const path = [placeOf(row), actorOf(row), `/roles/${row.prior_role ?? row.role_id}`].join('');
  return {
    role: {
      ...named(row.role_id, row.role_name),
      ...(row.role_domain_id === null ? {} : { domain: named(row.role_domain_id, row.role_domain_name) }),
    },
    ...(row.user_id === null
      ? {}
      : { user: within(row.user_id, row.user_name, row.user_domain_id, row.user_domain_name) }),
    ...(row.group_id === null
      ? {}
      : { group: within(row.group_id, row.group_name, row.group_domain_id, row.group_domain_name) }),
    scope: { ...scopeOf(row), ...(inherited ? { 'OS-INHERIT:inherited_to': 'projects' as const } : {}) },
    links: {
      assignment: `${base}${inherited ? `/OS-INHERIT${path}/inherited_to_projects` : path}`,
      ...(row.via_group === null ? {} : { membership: `${base}/groups/${row.via_group}/users/${row.user_id ?? ''}` }),
      // Keystone has no such path, and writes the two the other way round than one reads them: clients compare the text.
      ...(row.prior_role === null ? {} : { prior_role: `${base}/prior_role/${row.role_id}/implies/${row.prior_role}` }),
    },
  };
}

const named = (of: string, called: string | null) => ({ id: of, ...(called === null ? {} : { name: called }) });
const within = (of: string, called: string | null, domainId: string | null, domainName: string | null) => ({
  ...named(of, called),
  ...(called === null || domainId === null ? {} : { domain: named(domainId, domainName) }),
});

function scopeOf(row: Assignment): AssignmentView['scope'] {
  if (row.project_id !== null)
    return { project: within(row.project_id, row.project_name, row.project_domain_id, row.project_domain_name) };
  return row.domain_id === null ? { system: { all: true } } : { domain: named(row.domain_id, row.domain_name) };
}

/** Where the assignment was given that this one follows from. */
function placeOf({ from_domain, from_project, project_id, domain_id }: Assignment): string {
  if (from_domain !== null) return `/domains/${from_domain}`;
  const project = from_project ?? project_id;
  if (project !== null) return `/projects/${project}`;
  return domain_id === null ? '/system' : `/domains/${domain_id}`;
}

const actorOf = ({ via_group, user_id, group_id }: Assignment): string => {
  const group = via_group ?? group_id;
  return group === null ? `/users/${user_id ?? ''}` : `/groups/${group}`;
};
