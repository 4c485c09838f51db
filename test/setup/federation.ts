import { randomUUID } from 'node:crypto';
import type { ServiceApi } from './service-api.js';

export const FED = '/identity/v3/OS-FEDERATION';
const RULES = [{ local: [{ user: { name: '{0}' } }], remote: [{ type: 'OIDC-sub' }] }];
export const unique = (): string => randomUUID().replaceAll('-', '');

/** Makes what a log-in by an identity provider needs. @returns functions that answer the id of what they made */
export const federationOf = (of: () => ServiceApi) => {
  const put = async (kind: string, path: string, body: object): Promise<string> => {
    const id = unique();
    await of().admin.call('PUT', `${FED}/${path}/${id}`, { [kind]: body });
    return id;
  };
  return {
    makeMapping: (rules: object = RULES, schema_version = '1.0') =>
      put('mapping', 'mappings', { rules, schema_version }),
    makeProvider: (more: object = {}) => put('identity_provider', 'identity_providers', { enabled: true, ...more }),
  };
};
