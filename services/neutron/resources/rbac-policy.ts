import { Type } from 'typebox';
import { computed, text, uuid } from '../../kernel/resource/fields.js';
import { OBJECT_TYPES, objectOf, typeNamed, type ObjectColumns } from '../rbac/object-types.js';
import { duplicate } from '../rbac/refusals.js';
import { checkNew, checkTarget, checkUnneeded, followPolicies } from '../rbac/rules.js';
import { resource } from '../words.js';
import { owned } from './standard.js';

const given = { write: ['post'], required: true, column: '' } as const;

/** What lets a project see and use a thing of another one (neutron/extensions/rbac.py, neutron/db/rbac_db_mixin.py). */
export const rbacPolicy = resource({
  names: ['rbac_policy', 'rbac_policies'],
  path: 'rbac-policies',
  record: 'rbacPolicy',
  table: 'neutron.rbac_policies',
  owner: 'project_id',
  quota: 'rbac_policy',
  fields: {
    id: uuid({ filter: true }),
    tenant_id: owned.tenant_id,
    project_id: text({ max: 255, write: ['post'], filter: true }),
    object_type: computed(Type.String({ maxLength: 255 }), (row: ObjectColumns) => objectOf(row).type.name, given),
    object_id: computed(Type.String({ format: 'uuid' }), (row: ObjectColumns) => objectOf(row).id, given),
    target_tenant: text({
      max: 255,
      column: 'target_project',
      write: ['post', 'put'],
      required: true,
      filter: true,
    }),
    action: text({ max: 255, write: ['post'], required: true, filter: true }),
  },
  filters: {
    object_type: (values) => ({
      OR: OBJECT_TYPES.filter(({ name }) => values.includes(name)).map(({ column }) => ({ [column]: { not: null } })),
    }),
    object_id: (values) => ({ OR: OBJECT_TYPES.map(({ column }) => ({ [column]: { in: [...values] } })) }),
  },
  visible: ({ projectId }) => ({ project_id: projectId }),
  plan(_at, { object_type, target_tenant }) {
    typeNamed(object_type);
    checkTarget(target_tenant);
    return {};
  },
  async beforeCreate(at, _data, { object_type, object_id, action, target_tenant }) {
    const type = typeNamed(object_type);
    await checkNew(at, type, object_id, { action, target: target_tenant });
    return { [type.column]: object_id };
  },
  async afterCreate({ tx }, row) {
    await followPolicies(tx, row);
  },
  async beforeUpdate(at, row, { target_tenant }) {
    if (target_tenant === undefined) return undefined;
    checkTarget(target_tenant);
    await checkUnneeded(at, row, target_tenant);
    await followPolicies(at.tx, row);
    return {};
  },
  beforeDelete: (at, row) => checkUnneeded(at, row, undefined),
  async remove({ tx }, row) {
    await tx.rbacPolicy.delete({ where: { id: row.id } });
    await followPolicies(tx, row);
  },
  taken: duplicate,
  changed: ({ networkChanged }) => networkChanged(),
});
