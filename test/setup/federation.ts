import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, inject as provided } from 'vitest';
import { ServiceApi } from './service-api.js';

export const FED = '/identity/v3/OS-FEDERATION';
const RULES = [{ local: [{ user: { name: '{0}' } }], remote: [{ type: 'OIDC-sub' }] }];
export const unique = (): string => randomUUID().replaceAll('-', '');

export interface Refusal {
  error: { code: number; message: string };
}

/** An API of a test's file, and what makes in it what a log-in by an identity provider needs: functions that answer its id. */
export function withFederation() {
  let api: ServiceApi;
  beforeAll(async () => {
    api = await ServiceApi.start(provided('databaseUrl'));
  });
  afterAll(() => api.stop());
  const put = async (kind: string, path: string, body: object): Promise<string> => {
    const id = unique();
    await api.admin.call('PUT', `${FED}/${path}/${id}`, { [kind]: body });
    return id;
  };
  return {
    /** It is there once the tests run. */
    world: {
      get api() {
        return api;
      },
    },
    // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the answer's shape
    ask: <T = Refusal>(method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
      api.admin.request<T>(method, path, body, headers),
    makeMapping: (rules: object = RULES, schema_version = '1.0') =>
      put('mapping', 'mappings', { rules, schema_version }),
    makeProvider: (more: object = {}) => put('identity_provider', 'identity_providers', { enabled: true, ...more }),
  };
}
