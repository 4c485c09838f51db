import type { FieldSpec } from '../../api/contract.js';
import { asText } from '../../ui/as-text.js';

/** A value that cannot be read as its field's type. It is shown beside the field. */
export class BadValue extends Error {
  constructor(
    readonly field: string,
    message: string,
  ) {
    super(message);
    this.name = 'BadValue';
  }
}

function parsed(field: FieldSpec, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A list of words may be written without brackets and quotes.
    if (field.type === 'list' && !/^\s*[[{]/.test(text)) return text.split(/[\n,]/).map((one) => one.trim());
    throw new BadValue(field.name, 'This is not JSON.');
  }
}

/** What a text means for a field. The API judges it; only what cannot be sent at all is refused here. @throws BadValue */
export function valueOf(field: FieldSpec, text: string): unknown {
  if (field.enum !== undefined) return field.enum.find((one) => String(one) === text) ?? text;
  if (field.type === 'bool') return text === 'true';
  if (field.type === 'int' || field.type === 'number') {
    const number = Number(text);
    if (Number.isNaN(number)) throw new BadValue(field.name, 'This is not a number.');
    return number;
  }
  return field.type === 'list' || field.type === 'json' ? parsed(field, text) : text;
}

/**
 * What a form says: of a new record what has been filled in, of a change what is otherwise than it was. An emptied
 * field is null where it may be, and else an empty text.
 * @throws BadValue
 */
export function valuesOf(
  fields: readonly FieldSpec[],
  texts: Readonly<Record<string, string>>,
  before: Readonly<Record<string, unknown>> | undefined,
): Record<string, unknown> {
  const changed = fields.flatMap((field): [string, unknown][] => {
    const text = texts[field.name] ?? '';
    if (text === asText(before?.[field.name])) return [];
    if (text !== '') return [[field.name, valueOf(field, text)]];
    return [[field.name, field.nullable ? null : '']];
  });
  return Object.fromEntries(changed);
}

/** The text of a list with one more in it, whether it is written as JSON or a line for each. */
export function withOne(text: string, one: string): string {
  const plain = text.trim();
  const lines = plain.startsWith('[') ? listIn(plain) : plain.split(/[\n,]/).map((line) => line.trim());
  return [...lines.filter((line) => line !== '' && line !== one), one].join('\n');
}

function listIn(json: string): readonly string[] {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) ? value.map(String) : [];
  } catch {
    // What was being typed is not lost: it stands there as a line.
    return [json];
  }
}
