import type { RequestContext } from '../kernel/context.js';
import { forbidden } from '../kernel/errors.js';

/** The methods that show a user himself, and not what he has handed on (keystone/api/_shared/delegation.py). */
const PRIMARY: ReadonlySet<string> = new Set(['password', 'token', 'totp', 'mapped', 'openid', 'external']);

/** Whether a token stands for what a user handed on: it came by a trust, an application credential or an EC2 key. */
export const isDelegated = ({ token }: RequestContext): boolean =>
  token === undefined ||
  token.trust !== undefined ||
  token.methods.length === 0 ||
  token.methods.some((method) => !PRIMARY.has(method));

/** In Keystone's words (keystone/exception.py: ForbiddenAction). */
export const forbiddenAction = (action: string) =>
  forbidden(`You are not authorized to perform the requested action: ${action}.`);
