import type { Database } from '../../kernel/database.js';
import type { DomainRef, Reference } from './proof.js';

/** The domain that an authentication names. */
export async function findDomain(
  db: Database,
  ref: DomainRef | undefined,
): Promise<{ id: string; name: string } | null> {
  if (ref?.id) return db.project.findFirst({ where: { id: ref.id, is_domain: true } });
  return ref?.name ? db.project.findFirst({ where: { name: ref.name, is_domain: true } }) : null;
}

/** The user that an authentication names: by an id, or by a name in a domain. */
export async function findUser(db: Database, user: Reference) {
  if (user.id) return db.user.findUnique({ where: { id: user.id } });
  const domain = await findDomain(db, user.domain);
  if (domain === null) return null;
  return db.user.findUnique({ where: { domain_id_name: { domain_id: domain.id, name: user.name ?? '' } } });
}
