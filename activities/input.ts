import type { Static, TSchema } from 'typebox';

type ReadonlyDeep<T> = T extends object ? { readonly [K in keyof T]: ReadonlyDeep<T[K]> } : T;
/** The type of a step's input, from its schema. */
export type Input<S extends TSchema> = ReadonlyDeep<Static<S>>;
