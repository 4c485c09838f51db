import type { TSchema } from 'typebox';
import type { SchemaAt } from './described.js';

/**
 * A schema per microversion at which it changes, made once.
 * @param changes the minors at which it changes, in order, with the first that is served
 */
export function byMinor(make: (minor: number) => TSchema, changes: readonly number[]): SchemaAt {
  const schemas = new Map(changes.map((minor) => [minor, make(minor)]));
  return Object.assign((minor: number) => schemas.get(changes.findLast((change) => change <= minor)!)!, { changes });
}
