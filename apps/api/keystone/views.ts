import type { Services } from '#services/index';
import type { TokenInfo } from '#services/keystone/index';

type Keystone = Services['keystone'];

/** 2026-11-21T00:23:35.000000Z, as Keystone writes times. */
const time = (date: Date): string => date.toISOString().replace('Z', '000Z');

export const tokenView = (info: TokenInfo, catalog: ReturnType<Keystone['catalog']>) => ({
  token: {
    methods: info.methods,
    user: { domain: info.user.domain, id: info.user.id, name: info.user.name, password_expires_at: null },
    audit_ids: info.auditIds,
    expires_at: time(info.expiresAt),
    issued_at: time(info.issuedAt),
    ...(info.project
      ? { project: info.project, is_domain: false, roles: info.roles.map(({ id, name }) => ({ id, name })), catalog }
      : {}),
  },
});
