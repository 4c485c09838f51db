import type { RequestContext } from '../kernel/context.js';
import { forbidden } from '../kernel/errors.js';

/** The methods that show a user himself, and not what he has handed on (keystone/api/_shared/delegation.py). */
const PRIMARY: ReadonlySet<string> = new Set(['password', 'token', 'totp', 'mapped', 'openid', 'external']);

/** Whether a token came by something that its user handed on: an application credential or an EC2 key. */
export const isDelegatedBy = (methods: readonly string[]): boolean =>
  methods.length === 0 || methods.some((method) => !PRIMARY.has(method));

/** The same of who asks; a trust is no method, and handed on likewise. */
export const isDelegated = ({ token }: RequestContext): boolean =>
  token === undefined || token.trust !== undefined || isDelegatedBy(token.methods);

/** What Keystone says where it does not tell why (keystone/exception.py: Forbidden). */
export const refused = () => forbidden('You are not authorized to perform the requested action.');

/** In Keystone's words (keystone/exception.py: ForbiddenAction). */
export const forbiddenAction = (action: string) =>
  forbidden(`You are not authorized to perform the requested action: ${action}.`);
