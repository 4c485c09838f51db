import { isConflict, type Queries } from '../../kernel/database.js';
import { conflict, unauthorized } from '../../kernel/errors.js';
import { takeTurn } from '../../kernel/hard-limits.js';
import { hostRoleOf } from '../host-users.js';
import { newId } from '../words.js';
import { joinGroups } from './members.js';

/** A user as his identity provider and its mapping describe him. */
export interface Described {
  readonly idp: string;
  readonly protocol: string;
  /** By which the provider knows him, whatever he is called. */
  readonly uniqueId: string;
  readonly name: string;
  readonly email?: string | undefined;
  readonly domainId: string;
  readonly groups: readonly string[];
  /** How long the groups are his. */
  readonly minutes: number;
}

/** Letters of the longest name of a user (keystone/identity/schema.py). */
const LONGEST = 255;

/** A host's user is known by its name: nobody may call himself so before the host comes. */
const isName = (name: string): boolean =>
  name.trim() !== '' && name.length <= LONGEST && hostRoleOf(name) === undefined;

/**
 * Finds the user whom an identity provider describes, or makes him at his first log-in (keystone/identity/core.py:
 * shadow_federated_user). He is called as the provider says at this log-in. Tokens of before end where his groups have changed.
 * @throws 401 for a name that no user can have, 409 for one that another user of the domain has
 */
export async function shadowUser(tx: Queries, of: Described): Promise<{ id: string; generation: number }> {
  const { idp, protocol, uniqueId, name, email, domainId } = of;
  if (!isName(name) || uniqueId.length > LONGEST || (email?.length ?? 0) > LONGEST)
    throw unauthorized('What the mapping makes of the user is no name that a user can have.');
  // Two log-ins at once by a user who is not there yet make one user.
  await takeTurn(tx, `federated/${idp}/${protocol}/${uniqueId}`);
  const key = { idp_id: idp, protocol_id: protocol, unique_id: uniqueId };
  const known = await tx.federatedUser.findUnique({
    where: { idp_id_protocol_id_unique_id: key },
    include: { user: true },
  });
  const columns = { name, ...(email ? { email } : {}) };
  try {
    if (known === null) {
      const id = newId();
      await tx.user.create({
        data: { id, domain_id: domainId, ...columns, federated: { create: { ...key, display_name: name } } },
      });
      await joinGroups(tx, id, of.groups, of.minutes);
      await active(tx, id);
      return { id, generation: 0 };
    }
    const changed = await joinGroups(tx, known.user_id, of.groups, of.minutes);
    const { token_generation: generation } = await tx.user.update({
      where: { id: known.user_id },
      data: {
        ...columns,
        ...(changed ? { token_generation: { increment: 1 } } : {}),
        federated: { update: { where: { id: known.id }, data: { display_name: name } } },
      },
    });
    await active(tx, known.user_id);
    return { id: known.user_id, generation };
  } catch (error) {
    if (!isConflict(error)) throw error;
    throw conflict(
      'Conflict',
      `Conflict occurred attempting to store user - Duplicate entry found with name ${name} at domain ID ${known?.user.domain_id ?? domainId}.`,
    );
  }
}

/** Notes that a user has logged in today: one who has not for long may be disabled. */
async function active(tx: Queries, id: string): Promise<void> {
  await tx.$executeRaw`UPDATE keystone.users SET last_active_on = (now() AT TIME ZONE 'utc')::date WHERE id = ${id}`;
}
