import type { Static, TSchema } from 'typebox';

type ReadonlyDeep<T> = T extends object ? { readonly [K in keyof T]: ReadonlyDeep<T[K]> } : T;
/** What a step is given, by the schema of its input. */
export type Input<S extends TSchema> = ReadonlyDeep<Static<S>>;
