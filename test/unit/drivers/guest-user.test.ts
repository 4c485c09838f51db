import { describe, expect, it } from 'vitest';
import { asGuestUser, findGuestUser } from '#drivers/guest-user';

describe.runIf(process.getuid?.() === 0)('the user that guests run as', () => {
  it('is a number of its own for each state directory, always the same one, and nobody’s', async () => {
    const [one, again, other] = await Promise.all(['/srv/a', '/srv/a', '/srv/b'].map((h) => findGuestUser('', h)));
    expect(one).toEqual(again);
    expect(one!.uid).not.toBe(other!.uid);
    for (const user of [one!, other!]) {
      expect(user.uid).toBe(user.gid);
      // systemd's UIDS-GIDS: not given out to anybody.
      expect(user.uid).toBeGreaterThanOrEqual(1_879_048_192);
      expect(user.uid).toBeLessThan(2_147_352_576);
    }
  });

  it('is the one that the operator names', async () => {
    expect(await findGuestUser('nobody', '/srv/a')).toMatchObject({ uid: 65_534, gid: 65_534 });
    expect(await findGuestUser('1234', '/srv/a')).toMatchObject({ uid: 1234, gid: 1234 });
    expect(await findGuestUser('1234:56', '/srv/a')).toMatchObject({ uid: 1234, gid: 56 });
    for (const self of ['root', '0', '0:0']) expect(await findGuestUser(self, '/srv/a')).toBeUndefined();
    await expect(findGuestUser('no-such-user', '/srv/a')).rejects.toThrow('NOVAFLOW_QEMU_USER=no-such-user');
    await expect(findGuestUser('-g', '/srv/a')).rejects.toThrow('NOVAFLOW_QEMU_USER=-g');
  });

  it('runs a command with no group and no privilege but its own', () => {
    const user = { uid: 7, gid: 8, groups: [9] };
    const drop = ['setpriv', '--reuid=7', '--regid=8', '--groups=9', '--no-new-privs', '--', 'x', '-y'];
    expect(asGuestUser(user, ['x', '-y'])).toEqual(drop);
    expect(asGuestUser({ ...user, groups: [] }, ['x'])).toContain('--clear-groups');
    expect(asGuestUser(undefined, ['x', '-y'])).toEqual(['x', '-y']);
  });
});
