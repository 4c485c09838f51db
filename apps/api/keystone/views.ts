import { Type } from 'typebox';
import type { Services } from '#services/index';
import type { TokenInfo } from '#services/keystone/index';

type Keystone = Services['keystone'];

/** 2026-11-21T00:23:35.000000Z, as Keystone writes times. */
const time = (date: Date): string => date.toISOString().replace('Z', '000Z');

const closed = { additionalProperties: false };
const named = { id: Type.String(), name: Type.String() };
const inDomain = { ...named, domain: Type.Object(named, closed) };
const Endpoint = Type.Object(
  { id: Type.String(), interface: Type.String(), region: Type.String(), region_id: Type.String(), url: Type.String() },
  closed,
);
const Catalog = Type.Array(
  Type.Object(
    { id: Type.String(), type: Type.String(), name: Type.String(), endpoints: Type.Array(Endpoint) },
    { ...closed, title: 'CatalogEntry' },
  ),
);
const Time = Type.String({ format: 'date-time' });
export const TokenSchema = Type.Object(
  {
    token: Type.Object(
      {
        methods: Type.Array(Type.String()),
        user: Type.Object({ ...inDomain, password_expires_at: Type.Null() }, closed),
        audit_ids: Type.Array(Type.String()),
        expires_at: Time,
        issued_at: Time,
        project: Type.Optional(Type.Object(inDomain, closed)),
        is_domain: Type.Optional(Type.Boolean()),
        roles: Type.Optional(Type.Array(Type.Object(named, closed))),
        catalog: Type.Optional(Catalog),
      },
      { ...closed, title: 'Token' },
    ),
  },
  closed,
);
const link = Type.Union([Type.String(), Type.Null()]);
export const CatalogSchema = Type.Object(
  { catalog: Catalog, links: Type.Object({ next: link, self: link, previous: link }, closed) },
  closed,
);

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
