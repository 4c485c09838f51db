import { Type, type TSchema } from 'typebox';
import type { AnyField, AnySpec } from '#services/kernel/resource/spec';
import type { Parameter, Parameters } from '../http/described.js';

const KINDS: Readonly<Partial<Record<AnyField['shape']['kind'], TSchema>>> = {
  bool: Type.Boolean(),
  int: Type.Integer(),
  number: Type.Number(),
};
const ADMIN = 'For administrators.';

/** The filters of a resource's list, by what its description says of its fields. @param more what is said of each */
export function filtersOf(spec: AnySpec, more: (name: string, field: AnyField) => Parameter = () => ({})): Parameters {
  const fields = Object.entries(spec.fields).flatMap(([name, field]): [string, Parameter][] => {
    const { filter } = field.options;
    if (filter === undefined) return [];
    const schema = KINDS[field.shape.kind];
    const base = { ...(schema === undefined ? {} : { schema }), ...(filter === 'admin' ? { description: ADMIN } : {}) };
    return [[name, { ...base, ...more(name, field) }]];
  });
  const others = Object.keys(spec.filters ?? {}).map((name): [string, Parameter] => [name, {}]);
  return Object.fromEntries([...others, ...fields]);
}

/** The names that a list can be sorted by. */
export const sortKeysOf = ({ fields }: AnySpec): string[] =>
  Object.entries(fields).flatMap(([name, { options }]) => (options.sort === true ? [name] : (options.sort ?? [])));

export const WHOLE: Parameter = { schema: Type.Integer({ minimum: 0 }) };
export const LIMIT: Parameter = { ...WHOLE, description: 'How many items a page has at most.' };
export const MARKER: Parameter = { description: 'The last item of the page before.' };
export const DIRECTION: Parameter = { schema: Type.Enum(['asc', 'desc']) };
export const sortKeyOf = (spec: AnySpec): Parameter => ({ schema: Type.Enum(sortKeysOf(spec)) });

/** Neutron's and Keystone's filters of tags. */
export const TAG_FILTERS: Parameters = {
  tags: { description: 'What has all of these tags, separated by commas.' },
  'tags-any': { description: 'What has one of these tags.' },
  'not-tags': { description: 'What has not all of these tags.' },
  'not-tags-any': { description: 'What has none of these tags.' },
};
