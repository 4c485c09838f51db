import { randomUUID } from 'node:crypto';
import { Type } from 'typebox';
import { badRequest, conflict } from '../../kernel/errors.js';
import { PRINTABLE, PRINTABLE_NAME } from '../../kernel/printable.js';
import { bool, computed, decimal, int, json, shownAs, text, time } from '../../kernel/resource/fields.js';
import { ANYBODY } from '../../kernel/resource/spec.js';
import { idsOfFlavorsNamed } from '../flavor-names.js';
import { resource } from '../words.js';

const post = { write: ['post'] } as const;
const ID = Type.Union([
  Type.String({ minLength: 1, maxLength: 255, pattern: '^(?! )[a-zA-Z0-9. _-]+(?<! )$' }),
  Type.Number(),
  Type.Null(),
]);
const specs = Type.Record(Type.String(), Type.String());
/** The largest number of MySQL's single precision (nova/db/constants.py SQL_SP_FLOAT_MAX). */
const FLOAT_MAX = 3.40282e38;

/** A flavor (nova/api/openstack/compute/flavors.py). */
export const flavor = resource({
  names: ['flavor', 'flavors'],
  record: 'flavor',
  table: 'nova.flavors',
  include: { access: { select: { project_id: true } } },
  ownerless: true,
  since: { update: 55 },
  rules: {
    list: ANYBODY,
    get: ANYBODY,
    create: 'os_compute_api:os-flavor-manage:create',
    update: 'os_compute_api:os-flavor-manage:update',
    delete: 'os_compute_api:os-flavor-manage:delete',
  },
  fields: {
    id: computed(ID, (row: { id: string }): string | number | null => row.id, {
      ...post,
      brief: true,
      sort: ['flavorid'],
    }),
    name: text({ ...post, required: true, brief: true, min: 1, max: 255, pattern: PRINTABLE_NAME, sort: true }),
    ram: int({ ...post, required: true, min: 1, sort: ['memory_mb'] }),
    disk: int({ ...post, required: true, min: 0, sort: ['root_gb'] }),
    vcpus: int({ ...post, required: true, min: 1, sort: true }),
    // No swap was shown as an empty text until 2.75.
    swap: shownAs(
      int({ ...post, min: 0, default: 0, sort: true }),
      Type.Union([Type.Integer(), Type.Literal('')]),
      ({ swap }: { swap: number }, minor) => (swap === 0 && minor < 75 ? '' : swap),
    ),
    'OS-FLV-EXT-DATA:ephemeral': int({ ...post, column: 'ephemeral', min: 0, default: 0, sort: ['ephemeral_gb'] }),
    'OS-FLV-DISABLED:disabled': bool({ column: 'disabled', until: 101, sort: ['disabled'] }),
    rxtx_factor: decimal({ ...post, max: FLOAT_MAX, default: 1, until: 101, sort: true }),
    'os-flavor-access:is_public': bool({ ...post, column: 'is_public', default: true, sort: ['is_public'] }),
    description: text({
      write: ['post', 'put'],
      required: 'put',
      brief: true,
      nullable: true,
      max: 65_535,
      pattern: PRINTABLE,
      since: 55,
      sort: true,
    }),
    extra_specs: json<Record<string, string>, object>(specs, {
      since: 61,
      seenBy: 'os_compute_api:os-flavor-extra-specs:index',
    }),
    // Nova also sorts by its records' numbers and by a weight that nobody sets. Both mean the order of creation.
    created_at: time({ hidden: true, sort: ['created_at', 'id', 'vcpu_weight'] }),
    updated_at: time({ hidden: true, sort: true }),
  },
  filters: {
    minRam: (values) => ({ ram: { gte: amount('minRam', values) } }),
    minDisk: (values) => ({ disk: { gte: amount('minDisk', values) } }),
    name: async (values, { parts }) => ({ id: { in: await idsOfFlavorsNamed(parts.sql, values.at(-1) ?? '') } }),
    // Only an administrator can choose. For others it is always what they may see.
    is_public: (values, { ctx, admin }) => {
      const is_public = admin ? choice(values.at(-1) ?? '') : undefined;
      if (is_public === undefined) return {};
      return is_public ? { OR: [{ is_public }, { access: { some: { project_id: ctx.projectId } } }] } : { is_public };
    },
  },
  unasked: { is_public: ['true'] },
  visible: ({ projectId }) => ({ OR: [{ is_public: true }, { access: { some: { project_id: projectId } } }] }),
  plan: (_at, { id }) => ({ id: id === undefined || id === null || id === 'auto' ? randomUUID() : String(id) }),
  async taken({ id, name }, { db }) {
    return (await db.flavor.findUnique({ where: { id: String(id) }, select: { id: true } }))
      ? conflict('FlavorIdExists', `Flavor with ID ${String(id)} already exists.`)
      : conflict('FlavorExists', `Flavor with name ${String(name)} already exists.`);
  },
  changed: ({ flavorsChanged }) => flavorsChanged(),
});

/** `None` asks for both kinds. */
function choice(value: string): boolean | undefined {
  if (value.toLowerCase() === 'none') return undefined;
  if (/^(true|1|t|yes|y|on)$/i.test(value)) return true;
  if (/^(false|0|f|no|n|off)$/i.test(value)) return false;
  throw badRequest(`Invalid is_public filter [${value}]`);
}

/** @throws 400 for what is no whole number that a column holds */
function amount(filter: string, values: readonly string[]): number {
  const value = values.at(-1) ?? '';
  if (!/^\d{1,10}$/.test(value) || Number(value) >= 2 ** 31) throw badRequest(`Invalid ${filter} filter [${value}]`);
  return Number(value);
}
