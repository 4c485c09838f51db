import { GnocchiError, invalidInput } from './words.js';

/** Reads a value at a place of a body. @throws 400 in the words of Gnocchi's checks (voluptuous) */
export type Check<T> = (value: unknown, path: readonly string[]) => T;

export const text: Check<string> = (value, path) => {
  if (typeof value !== 'string') throw invalidInput('expected str', path);
  return value;
};
export const textUpTo =
  (most: number): Check<string> =>
  (value, path) => {
    const read = text(value, path);
    if (Array.from(read).length > most) throw invalidInput(`length of value must be at most ${most}`, path);
    return read;
  };
export const bool: Check<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw invalidInput('expected bool', path);
  return value;
};
export const orNull =
  <T>(check: Check<T>): Check<T | null> =>
  (value, path) =>
    value === null ? null : check(value, path);

/** What reads a value and throws RangeError with its reason, as a check. */
export const reading =
  <T>(read: (value: unknown) => T): Check<T> =>
  (value, path) => {
    try {
      return read(value);
    } catch (error) {
      if (error instanceof RangeError) throw invalidInput(error.message, path);
      throw error;
    }
  };

/** A whole number, also one in text (voluptuous.Coerce(int)). */
export const whole = (least: number, most = 2 ** 31 - 1): Check<number> =>
  reading((value) => {
    const number = typeof value === 'string' && /^\s*[+-]?\d{1,15}\s*$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isFinite(number)) throw new RangeError('expected int');
    if (Math.trunc(number) < least) throw new RangeError(`value must be at least ${least}`);
    if (Math.trunc(number) > most) throw new RangeError(`value must be at most ${most}`);
    return Math.trunc(number);
  });

export const listOf =
  <T>(check: Check<T>, least = 0): Check<T[]> =>
  (value, path) => {
    if (!Array.isArray(value)) throw invalidInput('expected a list', path);
    if (value.length < least) throw invalidInput(`length of value must be at least ${least}`, path);
    return value.map((one, i) => check(one, [...path, String(i)]));
  };

/** @throws 400 where there is no body */
function checkGiven(value: unknown, path: readonly string[]): void {
  if (value !== undefined || path.length > 0) return;
  const reason = 'Expected object or value';
  throw new GnocchiError(400, 'BadRequest', { cause: 'Unable to decode body', reason, detail: [] });
}

export const members: Check<Readonly<Record<string, unknown>>> = (value, path) => {
  checkGiven(value, path);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidInput('expected a dictionary', path);
  return value as Readonly<Record<string, unknown>>;
};

export const mapOf =
  <T>(check: Check<T>): Check<Record<string, T>> =>
  (value, path) =>
    Object.fromEntries(Object.entries(members(value, path)).map(([name, one]) => [name, check(one, [...path, name])]));

type Fields = Readonly<Record<string, Check<unknown>>>;
type Read<F extends Fields> = { -readonly [K in keyof F]: ReturnType<F[K]> };

/** An object with these members and no others. */
export const object =
  <R extends Fields, O extends Fields>(required: R, optional: O): Check<Read<R> & Partial<Read<O>>> =>
  (value, path) => {
    const given = members(value, path);
    const read: Record<string, unknown> = {};
    for (const [name, one] of Object.entries(given)) {
      const check = own(required, name) ?? own(optional, name);
      if (check === undefined) throw invalidInput('extra keys not allowed', [...path, name]);
      read[name] = check(one, [...path, name]);
    }
    const missing = Object.keys(required).find((name) => !Object.hasOwn(given, name));
    if (missing !== undefined) throw invalidInput('required key not provided', [...path, missing]);
    return read as Read<R> & Partial<Read<O>>;
  };
const own = (fields: Fields, name: string): Check<unknown> | undefined =>
  Object.hasOwn(fields, name) ? fields[name] : undefined;

/** Reads a whole body. @throws 400 */
export const readBody = <T>(check: Check<T>, body: unknown): T => check(body, []);
