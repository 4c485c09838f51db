import { Type, type TSchema } from 'typebox';
import { PRINTABLE, PRINTABLE_NAME } from '#services/kernel/printable';
import { INT4_MAX } from './numbers.js';

/**
 * A whole number, as a number or as text, in a range that holds for both: Nova's and Cinder's integers
 * (nova/api/validation/parameter_types.py). Values of it are read with Number().
 */
export const integerText = (minimum: number, maximum = INT4_MAX, ...also: 'null'[]): TSchema =>
  Type.Unsafe<number | string>({
    type: ['integer', 'string', ...also],
    pattern: minimum < 0 ? '^-?[0-9]+$' : '^[0-9]+$',
    minimum,
    maximum,
    textMinimum: minimum,
    textMaximum: maximum,
  });

const YES = [true, 'True', 'TRUE', 'true', '1', 'ON', 'On', 'on', 'YES', 'Yes', 'yes'];
const NO = [false, 'False', 'FALSE', 'false', '0', 'OFF', 'Off', 'off', 'NO', 'No', 'no'];
/** The words that Nova takes for a boolean. Values of it are read with isTrue(). */
export const booleanText = Type.Unsafe<boolean | string>({ enum: [...YES, ...NO] });

/** The same in Neutron, which takes the two numbers, too. */
export const booleanOrBit = Type.Unsafe<boolean | string | number>({
  type: ['boolean', 'string', 'integer'],
  pattern: '^([01]|[Tt]rue|TRUE|[Ff]alse|FALSE|[Oo]n|ON|[Oo]ff|OFF|[Yy]es|YES|[Nn]o|NO)$',
  minimum: 0,
  maximum: 1,
});

/** The strings that OpenStack takes for true (oslo.utils bool_from_string). */
export const isTrue = (value: boolean | string | null | undefined): boolean =>
  value === true || (typeof value === 'string' && /^(1|t|true|on|y|yes)$/i.test(value));

/** Printable characters, with no white space at either end. */
export const name = Type.String({
  minLength: 1,
  maxLength: 255,
  pattern: PRINTABLE_NAME,
});

/** A host's name; underscores are in none, and Nova takes them all the same. */
export const fqdn = Type.String({ minLength: 1, maxLength: 255, pattern: '^[a-zA-Z0-9-._]*$' });

/** Printable characters or none, and null takes a description away. */
export const description = (maxLength: number): TSchema =>
  Type.Unsafe<string | null>({
    type: ['string', 'null'],
    maxLength,
    pattern: PRINTABLE,
  });

export const metadata = Type.Record(
  Type.String({ pattern: '^[a-zA-Z0-9-_:. ]{1,255}$' }),
  Type.String({ maxLength: 255 }),
  { additionalProperties: false },
);
