import type { Config } from '#config';
import { letEnter } from '#drivers/folder';
import { findGuestUser, type GuestUser } from '#drivers/guest-user';

/** Whom guests run as on this machine, with the way to their files open to that user; undefined: as the role itself. */
export async function guestUserOf(config: Config): Promise<GuestUser | undefined> {
  const user = await findGuestUser(config.compute.qemu_user, config.home);
  if (user) await letEnter(config.home);
  return user;
}
