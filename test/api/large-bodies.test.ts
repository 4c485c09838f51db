import { expect, inject as provided, it } from 'vitest';
import { Tenant } from '../setup/tenant.js';

const cloud = provided('fake');
/** More than the buffers of a connection hold, so that the sender is still at it when he is refused. */
const LARGE = `["${'x'.repeat(20 << 20)}"]`;

it('A body that is too large is refused with an answer that reaches who still sends it, and the connection goes on', async () => {
  const { api } = await Tenant.make(cloud);
  for (let time = 0; time < 10; time++) {
    const { status } = await api.request('POST', '/volume/v3/volumes', LARGE);
    expect(status).toBe(413);
  }
});
