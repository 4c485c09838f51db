import { badRequest } from '../../kernel/errors.js';
import type { Where } from '../../kernel/resource/spec.js';

/** Keystone's operators as Prisma's. */
const OPERATORS: Readonly<Record<string, string>> = {
  lt: 'lt',
  lte: 'lte',
  gt: 'gt',
  gte: 'gte',
  eq: 'equals',
  neq: 'not',
};
const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}(:?\d{2})?)$/;

/**
 * The users whose passwords expire before or after a time: `lt:2016-12-08T22:02:00Z`, or the time alone for `eq`
 * (keystone/identity/core.py: _translate_expired_password_hints).
 * @throws 400 for another operator, and for what is no time
 */
export function expiring(value: string): Where {
  const colon = value.indexOf(':');
  const [name, text] = colon === 2 || colon === 3 ? [value.slice(0, colon), value.slice(colon + 1)] : ['eq', value];
  // In a query a `+` that is not escaped is a space.
  const written = text.replace(' ', '+');
  const time = new Date(written);
  if (!ISO_TIME.test(written) || Number.isNaN(time.getTime()))
    throw badRequest(
      'Timestamp not in expected format. The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error.',
    );
  const operator = Object.hasOwn(OPERATORS, name) ? OPERATORS[name] : undefined;
  if (operator === undefined)
    throw badRequest(
      `The given operator ${name} is not valid. It must be one of the following: 'eq', 'neq', 'lt', 'lte', 'gt', or 'gte'.`,
    );
  return { password_expires_at: { [operator]: time } };
}
