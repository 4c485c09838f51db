import { expect, it } from 'vitest';
import { isAsWritten, send } from '../../../apps/dashboard/api/http.js';

/** As the page of objects makes it: a slash in a name is one in the path. */
const pathOf = (name: string): string =>
  `/object-store/v1/AUTH_p/c/${name.split('/').map(encodeURIComponent).join('/')}`;

it('asks the API for no other path than the one that a page means, whatever somebody has named his object', async () => {
  for (const name of [
    '../../../../compute/v2.1/servers/1',
    'a/../../../../../compute/v2.1/servers/1',
    '..',
    '.',
    'a/./b',
    'a/%2e%2e/b',
  ]) {
    const path = pathOf(name);
    // A percent sign is escaped, so that this one is as it is written.
    expect([name, isAsWritten(path)]).toEqual([name, name.includes('%')]);
    if (!name.includes('%')) await expect(send(path, { method: 'DELETE' })).rejects.toMatchObject({ status: 400 });
  }
  for (const path of ['/servers/%2e%2e/x', '/servers/..\\x', '//a.example/x', '/servers/.\t./x'])
    expect([path, isAsWritten(path)]).toEqual([path, false]);
  for (const path of ['/compute/v2.1/servers?limit=1&name=../..', pathOf('ä b//d.e/..f/'), '/servers/a#../..'])
    expect([path, isAsWritten(path)]).toEqual([path, true]);
});
