import type { FieldSpec, ResourceSpec } from '../../api/contract.js';
import type { ListQuery } from '../../api/resources.js';

/** What the address of a list says beside its filters, which are called as the fields. */
const RESERVED = ['sort', 'dir', 'marker', 'columns'] as const;

/** What a list is asked for, as its address says. A parameter that is no field of the resource is left out. */
export function listQueryOf({ fields }: ResourceSpec, params: URLSearchParams): ListQuery {
  const names = new Set(fields.filter(({ filter }) => filter !== false).map(({ name }) => name));
  const filters = [...params].filter(([name]) => names.has(name) && !RESERVED.some((one) => one === name));
  const [sortKey, marker] = [params.get('sort'), params.get('marker')];
  return {
    filters: Object.fromEntries(filters),
    ...(sortKey === null ? {} : { sortKey, sortDir: params.get('dir') === 'desc' ? 'desc' : 'asc' }),
    ...(marker === null ? {} : { marker }),
  };
}

/** More columns than this do not fit beside each other on a laptop. */
const COLUMNS = 7;
const FIRST = ['name', 'id', 'status'];

const isShort = ({ type, shown, name }: FieldSpec): boolean =>
  type !== 'json' && shown.includes('list') && !/^(tenant_id|links|description)$/.test(name);

const rank = (key: string, { name, filter, sort }: FieldSpec): number => {
  const first = [...FIRST, key].indexOf(name);
  if (first !== -1) return first;
  return filter !== false || sort !== false ? 10 : 20;
};

/** The columns of a list: those that its address names, and else those that tell most in little space. */
export function columnsOf({ fields, key }: ResourceSpec, params: URLSearchParams): readonly FieldSpec[] {
  const named = params.get('columns')?.split(',');
  if (named !== undefined) return fields.filter(({ name }) => named.includes(name));
  return fields
    .filter((field) => isShort(field) || field.name === 'addresses' || field.name === 'flavor')
    .toSorted((a, b) => rank(key, a) - rank(key, b))
    .slice(0, COLUMNS);
}

/** The name by which the API sorts by a field; undefined where it does not. */
export const sortKeyOf = ({ name, sort }: FieldSpec): string | undefined =>
  sort === false ? undefined : sort === true ? name : sort[0];
