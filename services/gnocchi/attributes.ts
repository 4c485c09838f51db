import { readUuid } from './ids.js';
import { isoText, readTime } from './times.js';
import type { Attribute } from './resource-types.js';

/** A value of an attribute as it is kept. */
export type AttributeValue = string | number | boolean | null;

/** Texts are counted in characters, as Python does. */
const lengthOf = (text: string): number => Array.from(text).length;

type Of<T extends Attribute['type']> = Extract<Attribute, { readonly type: T }>;
type Readers = { readonly [T in Attribute['type']]: (value: unknown, attribute: Of<T>) => AttributeValue };

const READERS: Readers = {
  string(value, { min_length, max_length }) {
    if (typeof value !== 'string') throw new RangeError('expected str');
    if (lengthOf(value) < min_length) throw new RangeError(`length of value must be at least ${min_length}`);
    if (lengthOf(value) > max_length) throw new RangeError(`length of value must be at most ${max_length}`);
    return value;
  },
  uuid(value) {
    const uuid = typeof value === 'string' ? readUuid(value) : undefined;
    if (uuid === undefined) throw new RangeError('badly formed hexadecimal UUID string');
    return uuid;
  },
  datetime: (value) => isoText(new Date(readTime(value) / 1_000)),
  bool(value) {
    if (typeof value !== 'boolean') throw new RangeError('expected bool');
    return value;
  },
  number(value, { min, max }) {
    if (typeof value !== 'number') throw new RangeError('expected Real');
    if (min !== null && value < min) throw new RangeError(`value must be at least ${min}`);
    if (max !== null && value > max) throw new RangeError(`value must be at most ${max}`);
    return value;
  },
};

/**
 * Reads a value that was given for an attribute: a UUID with its dashes, a time as text in UTC.
 * @throws RangeError with the words of Gnocchi's check (voluptuous)
 */
export function readAttribute<T extends Attribute['type']>(attribute: Of<T>, value: unknown): AttributeValue {
  return READERS[attribute.type](value, attribute);
}
