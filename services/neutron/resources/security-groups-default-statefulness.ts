import { conflict } from '../../kernel/errors.js';
import { takeTurn } from '../../kernel/hard-limits.js';
import { bool, text, uuid } from '../../kernel/resource/fields.js';
import { resource } from '../words.js';

/**
 * Whether new security groups are stateful where their maker does not say: of a project, or of all that have no such
 * setting of their own (neutron/db/security_groups_default_statefulness.py).
 */
export const securityGroupsDefaultStatefulness = resource({
  names: ['security_groups_default_statefulness', 'security_groups_default_statefulness'],
  record: 'securityGroupsDefaultStatefulness',
  table: 'neutron.security_groups_default_statefulness',
  owner: 'project_id',
  fields: {
    id: uuid({ filter: true, sort: true }),
    project_id: text({ max: 255, nullable: true, write: ['post'], filter: true, sort: true }),
    stateful: bool({ default: true, write: ['post', 'put'], filter: true, sort: true }),
  },
  visible: ({ projectId }) => ({ project_id: projectId }),
  /** A unique column takes any number of nulls, so of the one for all projects there is one by this. */
  async beforeCreate({ tx }, { project_id }) {
    if (project_id !== null) return;
    await takeTurn(tx, 'neutron/security_groups_default_statefulness');
    if (await tx.securityGroupsDefaultStatefulness.findFirst({ where: { project_id: null } }))
      throw exists('system-wide');
  },
  taken: ({ project_id }) => exists(String(project_id)),
});

const exists = (whose: string) =>
  conflict(
    'SecurityGroupDefaultStatefulnessAlreadyExists',
    `A security group default statefulness setting already exists for project '${whose}'.`,
  );
