import { badRequest } from '#services/kernel/errors';

type Query = Readonly<Record<string, string | undefined>>;
type Fields = Readonly<Record<string, string | boolean>>;

/** keystone/api/validation/parameter_types.py: boolean */
const BOOLEAN = /^(true|false|[10yn]|on|off|yes|no|)$/i;
/** oslo_utils.strutils.FALSE_STRINGS; all others are true, also an empty one. */
const FALSE = /^(false|0|f|n|no|off)$/i;

const COMPARATORS: Readonly<Record<string, (value: string, wanted: string) => boolean>> = {
  contains: (value, wanted) => value.includes(wanted),
  startswith: (value, wanted) => value.startsWith(wanted),
  endswith: (value, wanted) => value.endsWith(wanted),
};

/**
 * What Keystone's filters leave of a list: `name=`, `enabled=`, and `name__contains=` and its like, with an `i` before the
 * comparator where case does not count. Whatever it does not know it ignores (keystone/server/flask/common.py).
 * @param fieldsOf the fields of an item that can be filtered by
 * @throws 400 for a boolean that is none
 */
export function filtered<T>(items: readonly T[], query: Query, fieldsOf: (item: T) => Fields): T[] {
  return Object.entries(query).reduce<readonly T[]>((left, [key, wanted = '']) => {
    const [field = '', comparator] = key.split('__');
    return left.filter((item) => {
      const fields = fieldsOf(item);
      const value = Object.hasOwn(fields, field) ? fields[field]! : undefined;
      if (value === undefined) return true;
      if (comparator === undefined) return equals(field, value, wanted);
      const anyCase = comparator.startsWith('i');
      const name = anyCase ? comparator.slice(1) : comparator;
      if (typeof value === 'boolean' || !Object.hasOwn(COMPARATORS, name)) return true;
      return anyCase
        ? COMPARATORS[name]!(value.toLowerCase(), wanted.toLowerCase())
        : COMPARATORS[name]!(value, wanted);
    });
  }, items) as T[];
}

function equals(field: string, value: string | boolean, wanted: string): boolean {
  if (typeof value === 'string') return value === wanted;
  if (!BOOLEAN.test(wanted)) throw badRequest(`Invalid input for field '${field}': it is no boolean.`);
  return value === !FALSE.test(wanted);
}

const TAGS: Readonly<Record<string, (has: (tag: string) => boolean, wanted: readonly string[]) => boolean>> = {
  tags: (has, wanted) => wanted.every(has),
  'tags-any': (has, wanted) => wanted.some(has),
  'not-tags': (has, wanted) => !wanted.every(has),
  'not-tags-any': (has, wanted) => !wanted.some(has),
};

/** What the filters of project tags leave: `tags=a,b` has both, and so on. */
export function filteredByTags<T extends { tags: readonly string[] }>(items: readonly T[], query: Query): T[] {
  return items.filter(({ tags }) =>
    Object.entries(TAGS).every(([key, test]) => {
      const wanted = query[key]?.split(',');
      return wanted === undefined || test((tag) => tags.includes(tag), wanted);
    }),
  );
}
