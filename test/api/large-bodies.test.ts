import { expect, inject as provided, it } from 'vitest';
import { send } from '../fuzz/wire.js';
import { Tenant } from '../setup/tenant.js';

const cloud = provided('fake');
/** More than the buffers of a connection hold, so that the sender is still at it when he is refused. */
const LARGE = `["${'x'.repeat(20 << 20)}"]`;

it('A large body is refused with an answer that reaches who still sends it, whether the connection goes on or not', async () => {
  const { api } = await Tenant.make(cloud);
  const headers = [
    'host: cloud',
    `x-auth-token: ${api.sessionToken}`,
    `content-length: ${LARGE.length}`,
    'content-type: application/json',
  ];
  const request = { method: 'POST', target: '/volume/v3/volumes', headers, body: Buffer.from(LARGE) };
  for (let time = 0; time < 10; time++) {
    // Bytes are refused for their type, before their length is looked at.
    expect((await api.request('POST', '/volume/v3/volumes', new TextEncoder().encode(LARGE))).status).toBe(415);
    expect((await send(new URL(api.base), request)).status).toBe(413);
  }
});
