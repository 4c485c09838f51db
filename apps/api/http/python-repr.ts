import { isSecret } from '#services/kernel/secrets';

/** OpenStack repeats a rejected value whole. Ours names the field, and shows as much of the value as tells it by. */
const MOST_CHARACTERS = 256;

/**
 * A value as Python prints it, since that is what clients of OpenStack have seen in its errors for years. Secrets in it
 * are blanked, and what is long is cut: it stops at the length, however deep or large the value is.
 */
export function pythonRepr(value: unknown): string {
  const text = print(value, MOST_CHARACTERS + 1);
  // Not in the middle of a surrogate pair.
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** Prints until there are `room` characters: each level takes at least one, so that is as deep as it goes. */
function print(value: unknown, room: number): string {
  if (room <= 0) return '';
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value === 'string') return quoted(value.slice(0, room));
  if (Array.isArray(value)) return list('[', value, ']', room, print);
  if (typeof value === 'object')
    return list('{', Object.entries(value), '}', room, ([key, inner], left) => {
      const name = `${quoted(key.slice(0, left))}: `;
      return name + (isSecret(key) ? "'***'" : print(inner, left - name.length));
    });
  return typeof value === 'number' ? String(value) : '';
}

const quoted = (text: string): string =>
  text.includes("'") && !text.includes('"') ? `"${text}"` : `'${text.replaceAll("'", "\\'")}'`;

function list<T>(
  open: string,
  items: readonly T[],
  close: string,
  room: number,
  one: (item: T, room: number) => string,
) {
  let text = open;
  for (const [i, item] of items.entries()) {
    if (text.length >= room) return text;
    text += (i === 0 ? '' : ', ') + one(item, room - text.length);
  }
  return text + close;
}
