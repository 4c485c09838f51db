import { Type, type TSchema } from 'typebox';

/** A setting: the environment variable that it is read from, what it may be, its default and what it is for. */
export interface Setting<S extends TSchema = TSchema> {
  readonly env: string;
  readonly schema: S;
}
/** A service's settings, each by the name that its OpenStack counterpart has, where there is one. */
export type Section = Readonly<Record<string, Setting>>;

const setting = <S extends TSchema>(env: string, schema: S): Setting<S> => ({ env, schema });

export const text = (env: string, fallback: string, description: string) =>
  setting(env, Type.String({ default: fallback, description }));

/** A regular expression of JavaScript; none when it is empty. */
export const pattern = (env: string, description: string) =>
  setting(env, Type.String({ default: '', format: 'regex', description }));

export const whole = (env: string, fallback: number, description: string, minimum = 0) =>
  setting(env, Type.Integer({ default: fallback, description, minimum }));

/** PostgreSQL keeps limits as integers of 32 bits; -1 is unlimited. */
export const quota = (env: string, fallback: number, description: string) =>
  setting(env, Type.Integer({ default: fallback, description, minimum: -1, maximum: 2 ** 31 - 1 }));

export const flag = (env: string, fallback: boolean, description: string) =>
  setting(env, Type.Boolean({ default: fallback, description }));

/** How many times over a resource may be allocated, where Placement has no other ratio for it. */
export const ratio = (env: string, fallback: number, description: string) =>
  setting(env, Type.Number({ default: fallback, minimum: 0.01, description }));

/** A part of a whole: 0 to 1. */
export const share = (env: string, fallback: number, description: string) =>
  setting(env, Type.Number({ default: fallback, minimum: 0, maximum: 1, description }));

/** Several words with commas between them. @param word what each may be, as a regular expression */
export const words = (env: string, fallback: string, word: string, description: string) =>
  setting(env, Type.String({ default: fallback, description, pattern: `^(${word})(,(${word}))*$` }));

/** One of some words; the first is the default. */
export const oneOf = <const W extends readonly [string, ...string[]]>(env: string, choices: W, description: string) =>
  setting(env, Type.Unsafe<W[number]>(Type.Enum([...choices], { default: choices[0], description })));

/** Networks with commas between them; none when it is empty. */
export const networks = (env: string, description: string) =>
  setting(
    env,
    Type.String({ default: '', description, pattern: '^([0-9a-fA-F.:]+/[0-9]{1,3}(,[0-9a-fA-F.:]+/[0-9]{1,3})*)?$' }),
  );
