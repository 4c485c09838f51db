import { afterAll, beforeAll, describe, expect, inject as provided, it, vi } from 'vitest';
import { databaseAway } from '#services/kernel/errors';
import { ServiceApi } from '../setup/service-api.js';
import { ServiceUser } from '../setup/service-user.js';

describe('the validation of a token', () => {
  let api: ServiceApi;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
  });
  afterAll(() => api.stop());

  it('says 404 of a token that does not hold, and of one that cannot be looked at that it is to be asked for again', async () => {
    const { sessionToken: subject } = (await ServiceUser.make(api)).api;
    const validate = async (token: string): Promise<number> =>
      (await api.admin.request('GET', '/identity/v3/auth/tokens', undefined, { 'x-subject-token': token })).status;
    expect(await validate(subject)).toBe(200);
    expect(await validate('gAAAA')).toBe(404);
    const { tokens } = api.services.keystone;
    const known = tokens.validate.bind(tokens);
    const spy = vi
      .spyOn(tokens, 'validate')
      .mockImplementation((token) => (token === subject ? Promise.reject(databaseAway(new Error())) : known(token)));
    expect(await validate(subject)).toBe(503);
    spy.mockRestore();
  });
});
