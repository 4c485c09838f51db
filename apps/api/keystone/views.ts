import type { Services } from '#services/index';
import type { TokenInfo } from '#services/keystone/index';

type Keystone = Services['keystone'];
type ProjectRecord = Awaited<ReturnType<Keystone['getProject']>>;
type UserRecord = Awaited<ReturnType<Keystone['getUser']>>;

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

export const collection = <T>(base: string, key: string, path: string, items: T[]) => ({
  [key]: items,
  links: { next: null, self: `${base}/${path}`, previous: null },
});

export const projectView = (base: string, { id, name, description, enabled, domain_id, tags }: ProjectRecord) => ({
  id,
  name,
  domain_id,
  description,
  enabled,
  parent_id: domain_id,
  is_domain: false,
  options: {},
  tags,
  links: { self: `${base}/projects/${id}` },
});

export const userView = (
  base: string,
  { id, name, enabled, domain_id, default_project_id, description, email }: UserRecord,
) => ({
  id,
  name,
  domain_id,
  enabled,
  ...(description === null ? {} : { description }),
  ...(email === null ? {} : { email }),
  ...(default_project_id === null ? {} : { default_project_id }),
  password_expires_at: null,
  options: {},
  links: { self: `${base}/users/${id}` },
});

export const roleView = (base: string, { id, name }: { id: string; name: string }) => ({
  id,
  name,
  domain_id: null,
  description: null,
  options: {},
  links: { self: `${base}/roles/${id}` },
});

export const domainView = (base: string, { id, name, enabled }: { id: string; name: string; enabled: boolean }) => ({
  id,
  name,
  description: '',
  enabled,
  options: {},
  tags: [],
  links: { self: `${base}/domains/${id}` },
});
