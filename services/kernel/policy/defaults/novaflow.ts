import { project, type RuleTable } from '../rules.js';

/** The rules of what OpenStack has no policy for: Novaflow's own endpoints, and the object store. */
// prettier-ignore
export const novaflow = {
  // Who may use OpenStack's APIs at all. A host's user has the role service and no other, and needs the host API only.
  'novaflow:openstack': ['not role:service or role:reader'],
  // Whoever has a token: for what OpenStack itself has no rule for.
  'novaflow:authenticated': ['@', project],
  'novaflow:internal': ['role:service', project],
  'novaflow:audit': ['role:admin', project],
  'novaflow:audit_trail': ['role:admin', project],
  'novaflow:notifications': ['role:admin', project],
  // Everybody's operations, and to have one tried again; those of one's own project are for whoever may read there.
  'novaflow:operations': ['role:admin', project],
  'novaflow:own_operations': ['role:reader or role:admin', project],
  'novaflow:keys': ['role:admin', project],
  'novaflow:faults': ['role:admin', project],
  // Swift decides by its operators' roles (keystoneauth: operator_roles); a reader's role reads.
  'object-store:read': ['role:reader or role:member or role:admin', project],
  'object-store:write': ['role:member or role:admin', project],
} satisfies RuleTable;
