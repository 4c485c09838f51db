import { Type } from 'typebox';
import { computed, int, listOf, text, time, uuid } from '../../kernel/resource/fields.js';

/** Whose it is. */
export const owned = {
  id: uuid({ filter: true, sort: true }),
  tenant_id: computed(Type.String({ maxLength: 255 }), (row: { project_id: string }) => row.project_id, {
    write: ['post'],
    column: '',
  }),
  project_id: text({ max: 255, write: ['post'], filter: true, sort: true }),
};
const named = {
  ...owned,
  name: text({ max: 255, default: '', write: ['post', 'put'], filter: true, sort: true }),
  description: text({ max: 255, default: '', write: ['post', 'put'], filter: true, sort: true }),
};
const dated = {
  created_at: time({ sort: true, filter: true }),
  updated_at: time({ sort: true, filter: true }),
  revision_number: int({ filter: true, sort: true }),
};

/** The attributes that every resource of Neutron has that can have tags (neutron/db/standard_attr.py). */
export const standard = { ...named, tags: listOf<string, object>(Type.String(), {}), ...dated };
/** Those of the others. */
export const untagged = { ...named, ...dated };
/** Those of what has no name and does not change. */
export const nameless = {
  ...owned,
  description: text({ max: 255, default: '', write: ['post'], filter: true, sort: true }),
  ...dated,
};
