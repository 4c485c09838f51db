import { Type, type Static, type TObject, type TSchema } from 'typebox';
import { OpenStackError } from '#services/kernel/errors';
import { validateNeutron } from '../http/validation.js';

/** A request that makes one thing ({"port": {…}}) or several ({"ports": [{…}, …]}), which are made all or not at all. */
interface Bulkable<T extends TSchema> {
  readonly name: string;
  readonly one: TObject<Record<string, T>>;
  readonly many: TObject<Record<string, TSchema>>;
}

export const bulkable = <T extends TSchema>(name: string, item: T): Bulkable<T> => ({
  name,
  one: Type.Object({ [name]: item }),
  many: Type.Object({ [`${name}s`]: Type.Array(item) }),
});

/** Reads such a request. @returns its items, and what makes an answer of the same shape. @throws 400 in Neutron's words */
export function itemsOf<T extends TSchema>(
  { name, one, many }: Bulkable<T>,
  body: unknown,
): { items: Static<T>[]; answer: (views: readonly object[]) => object } {
  const plural = `${name}s`;
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, plural)) {
    const checked = validateNeutron(one, body) as Record<string, Static<T>>;
    return { items: [checked[name]!], answer: ([view]) => ({ [name]: view }) };
  }
  const items = (validateNeutron(many, body) as Record<string, Static<T>[]>)[plural]!;
  if (items.length === 0) throw new OpenStackError(400, 'HTTPBadRequest', 'Resources required');
  return { items, answer: (views) => ({ [plural]: views }) };
}
