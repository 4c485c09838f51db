import { Type } from 'typebox';
import type { Services } from '#services/index';
import type { Receipt, TokenInfo } from '#services/keystone/index';

type Keystone = Services['keystone'];

/** 2026-11-21T00:23:35.000000Z, as Keystone writes times. */
const time = (date: Date): string => date.toISOString().replace('Z', '000Z');

const closed = { additionalProperties: false };
const named = { id: Type.String(), name: Type.String() };
const inDomain = { ...named, domain: Type.Object(named, closed) };
const Endpoint = Type.Object(
  {
    id: Type.String(),
    interface: Type.String(),
    region: Type.Union([Type.String(), Type.Null()]),
    region_id: Type.Union([Type.String(), Type.Null()]),
    url: Type.String(),
  },
  closed,
);
const Catalog = Type.Array(
  Type.Object(
    { id: Type.String(), type: Type.String(), name: Type.String(), endpoints: Type.Array(Endpoint) },
    { ...closed, title: 'CatalogEntry' },
  ),
);
const Time = Type.String({ format: 'date-time' });
const Ref = Type.Object({ id: Type.String() }, closed);
export const TokenSchema = Type.Object(
  {
    token: Type.Object(
      {
        methods: Type.Array(Type.String()),
        user: Type.Object(
          {
            ...inDomain,
            password_expires_at: Type.Optional(Type.Union([Time, Type.Null()])),
            'OS-FEDERATION': Type.Optional(
              Type.Object({ groups: Type.Array(Ref), identity_provider: Ref, protocol: Ref }, closed),
            ),
          },
          closed,
        ),
        audit_ids: Type.Array(Type.String()),
        expires_at: Time,
        issued_at: Time,
        project: Type.Optional(Type.Object(inDomain, closed)),
        is_domain: Type.Optional(Type.Boolean()),
        domain: Type.Optional(Type.Object(named, closed)),
        system: Type.Optional(Type.Object({ all: Type.Boolean() }, closed)),
        roles: Type.Optional(Type.Array(Type.Object(named, closed))),
        catalog: Type.Optional(Catalog),
        'OS-TRUST:trust': Type.Optional(
          Type.Object(
            { id: Type.String(), impersonation: Type.Boolean(), trustor_user: Ref, trustee_user: Ref },
            closed,
          ),
        ),
        application_credential: Type.Optional(
          Type.Object(
            {
              ...named,
              restricted: Type.Boolean(),
              access_rules: Type.Optional(
                Type.Array(
                  Type.Object(
                    { id: Type.String(), service: Type.String(), method: Type.String(), path: Type.String() },
                    closed,
                  ),
                ),
              ),
            },
            closed,
          ),
        ),
      },
      { ...closed, title: 'Token' },
    ),
  },
  closed,
);
export const ReceiptSchema = Type.Object(
  {
    receipt: Type.Object(
      { methods: Type.Array(Type.String()), user: Type.Object(inDomain, closed), expires_at: Time, issued_at: Time },
      { ...closed, title: 'Receipt' },
    ),
    required_auth_methods: Type.Array(Type.Array(Type.String())),
  },
  closed,
);
const link = Type.Union([Type.String(), Type.Null()]);
export const CatalogSchema = Type.Object(
  { catalog: Catalog, links: Type.Object({ next: link, self: link, previous: link }, closed) },
  closed,
);

/** A receipt as Keystone shows it (keystone/receipt/handlers.py). */
export const receiptView = ({ user, methods, issuedAt, expiresAt, required }: Receipt) => ({
  receipt: { methods, user, expires_at: time(expiresAt), issued_at: time(issuedAt) },
  required_auth_methods: required,
});

/** A token as Keystone shows it (keystone/common/render_token.py). @param catalog undefined where it was not asked for */
export const tokenView = (info: TokenInfo, catalog: Awaited<ReturnType<Keystone['catalog']>> | undefined) => {
  const { user, project, domain, system, trust, applicationCredential, federated } = info;
  const scoped = project !== undefined || domain !== undefined || system !== undefined;
  return {
    token: {
      methods: info.methods,
      user: {
        domain: user.domain,
        id: user.id,
        name: user.name,
        ...(federated === undefined
          ? { password_expires_at: user.passwordExpiresAt === null ? null : time(user.passwordExpiresAt) }
          : { 'OS-FEDERATION': federatedView(federated) }),
      },
      audit_ids: info.auditIds,
      expires_at: time(info.expiresAt),
      issued_at: time(info.issuedAt),
      ...(project === undefined
        ? {}
        : { project: { id: project.id, name: project.name, domain: project.domain }, is_domain: project.isDomain }),
      ...(domain === undefined ? {} : { domain }),
      ...(system === undefined ? {} : { system: { all: true } }),
      ...(scoped ? { roles: info.roles, ...(catalog === undefined ? {} : { catalog }) } : {}),
      ...(trust === undefined
        ? {}
        : {
            'OS-TRUST:trust': {
              id: trust.id,
              impersonation: trust.impersonation,
              trustor_user: { id: trust.trustor },
              trustee_user: { id: trust.trustee },
            },
          }),
      ...(applicationCredential === undefined
        ? {}
        : {
            application_credential: {
              id: applicationCredential.id,
              name: applicationCredential.name,
              restricted: applicationCredential.restricted,
              ...(applicationCredential.accessRules ? { access_rules: applicationCredential.accessRules } : {}),
            },
          }),
    },
  };
};

const federatedView = ({ provider, protocol, groups }: NonNullable<TokenInfo['federated']>) => ({
  groups: groups.map((id) => ({ id })),
  identity_provider: { id: provider },
  protocol: { id: protocol },
});
