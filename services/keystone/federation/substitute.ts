import { unauthorized } from '../../kernel/errors.js';

/** The values of each attribute that a rule's local part may refer to, in the order of its remote part. */
export type Found = readonly (readonly string[])[];

/** One value as it is, several as Python writes a list. */
export const textOf = (values: readonly string[]): string =>
  values.length === 1 ? values[0]! : `[${values.map((value) => `'${value}'`).join(', ')}]`;

/** `{0}` and the braces that stand for themselves. Python's other forms reach into objects, and no mapping needs them. */
const BRACES = /\{\{|\}\}|\{(\d{1,4})\}|[{}]/g;

/** Puts values into a text. A rule that finds none refers to none: its texts stay as they are. @throws 401 */
export function substitute(text: string, found: Found): string {
  if (found.length === 0) return text;
  return text.replaceAll(BRACES, (brace, index: string | undefined) => {
    if (brace === '{{') return '{';
    if (brace === '}}') return '}';
    return textOf(valuesAt(index, found));
  });
}

/** Puts values into all texts of a value. */
export function filled<T>(value: T, found: Found): T {
  if (typeof value === 'string') return substitute(value, found) as T;
  if (Array.isArray(value)) return value.map((one: unknown) => filled(one, found)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, filled(one as unknown, found)])) as T;
}

/** The same of an element of a list: one that is a reference and nothing else has all of its values. */
export function filledList(element: string, found: Found): readonly string[] {
  const whole = /^\{(\d{1,4})\}$/.exec(element);
  return whole === null || found.length === 0 ? [substitute(element, found)] : valuesAt(whole[1], found);
}

function valuesAt(index: string | undefined, found: Found): readonly string[] {
  const values = index === undefined ? undefined : found[Number(index)];
  if (values === undefined)
    throw unauthorized(
      "Local section in mapping refers to a remote match that doesn't exist (e.g. {0} in a local section).",
    );
  return values;
}

const QUOTED = /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/gs;
const LIST = /^\s*\[\s*(?:(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\s*(?:,\s*|(?=\])))*\]\s*$/s;

/** The elements of what a mapping writes as a list of Python's (`['a', 'b']`); any other text is one element. */
export function elementsOf(text: string): string[] {
  if (!LIST.test(text)) return [text];
  return [...text.matchAll(QUOTED)].map(([, single, double]) => (single ?? double ?? '').replaceAll(/\\(.)/gs, '$1'));
}
