import type { Queries } from '../../kernel/database.js';

/** What the record of a used passcode begins with: an audit id has no colon. */
export const USED_PASSCODE = 'totp:';

/**
 * Writes down that something is good for nothing any more, until the time at which it would not have been anyway: a token, by
 * its audit id, or a passcode that was used.
 * @returns false where that was written down already
 */
export async function revokeUntil(on: Queries, audit_id: string, expires_at: Date): Promise<boolean> {
  const { count } = await on.revocation.createMany({ data: [{ audit_id, expires_at }], skipDuplicates: true });
  // Tokens expire by the clocks of the api processes: an hour more than any of those is wrong by.
  await on.$executeRaw`DELETE FROM keystone.revocations WHERE expires_at < now() - interval '1 hour'`;
  return count === 1;
}
