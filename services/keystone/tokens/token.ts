/** What a token is made of, and what is known of who has it. */
import { Type } from 'typebox';
import { bool, integer, json, nullable, rowType, text, time, type Row } from '../../kernel/rows.js';

export interface Named {
  readonly id: string;
  readonly name: string;
}
export interface InDomain extends Named {
  readonly domain: Named;
}
/** How often the tokens of the user, and those for what it is scoped to, had been ended when a token was issued. */
export type TokenGenerations = readonly [user: number, target: number];

/** What a token opens: one of a project, a domain and the system, or nothing. */
export type TokenTarget =
  | { readonly kind: 'project'; readonly id: string }
  | { readonly kind: 'domain'; readonly id: string }
  | { readonly kind: 'system' }
  | { readonly kind: 'unscoped' };

/** A request that an application credential may make. */
export interface AllowedRequest {
  readonly id: string;
  readonly service: string;
  readonly method: string;
  readonly path: string;
}
/** The identity provider that said who a user is, and the groups that it put him into for as long as the token lives. */
export interface FederatedBy {
  readonly provider: string;
  readonly protocol: string;
  readonly groups: readonly string[];
}

/** The token itself, as it is packed (pack.ts). */
export interface Payload {
  readonly user: string;
  readonly target: TokenTarget;
  readonly methods: readonly string[];
  /** Its own, and that of the token that the first of its chain was. */
  readonly auditIds: readonly string[];
  /** In seconds since 1970. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly generations: TokenGenerations;
  readonly trust?: string | undefined;
  readonly applicationCredential?: string | undefined;
  readonly federated?: FederatedBy | undefined;
}

/** What a valid token says. */
export interface TokenInfo {
  readonly methods: readonly string[];
  readonly auditIds: readonly string[];
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly user: InDomain & { readonly passwordExpiresAt: Date | null };
  /** One of these three, or none of them. */
  readonly project?: InDomain & { readonly isDomain: boolean };
  readonly domain?: Named;
  readonly system?: true;
  readonly roles: readonly Named[];
  readonly generations: TokenGenerations;
  readonly trust?: {
    readonly id: string;
    readonly impersonation: boolean;
    readonly trustor: string;
    readonly trustee: string;
  };
  readonly applicationCredential?: {
    readonly id: string;
    readonly name: string;
    readonly restricted: boolean;
    /** The only requests that it may make; absent for one that may make all. */
    readonly accessRules?: readonly AllowedRequest[];
  };
  readonly federated?: FederatedBy;
}

/** What the database says of a token's user, its target, its trust and its application credential. */
export const TOKEN_ROW = rowType({
  user_id: text,
  user_name: text,
  user_domain_id: text,
  user_domain_name: text,
  password_expires_at: nullable(time),
  default_project_id: nullable(text),
  /** Null where there is no such project or domain, or it is disabled, or its tokens were ended since. */
  target_id: nullable(text),
  target_name: nullable(text),
  target_is_domain: nullable(bool),
  target_domain_id: nullable(text),
  target_domain_name: nullable(text),
  target_generation: integer,
  /** Null where there are none, and where those that a trust or an application credential passes on are no longer the user's. */
  roles: nullable(Type.Array(Type.Object({ id: text, name: text }))),
  trust: nullable(json<{ impersonation: boolean; trustor: string; trustee: string }>()),
  application_credential:
    nullable(json<{ name: string; unrestricted: boolean; limited: boolean; access_rules: AllowedRequest[] }>()),
});
export type TokenRow = Row<typeof TOKEN_ROW>;

/** Whether a token may be used for what it is scoped to. */
export const opens = ({ target, trust, applicationCredential }: TokenOf, row: TokenRow): boolean =>
  (target.kind === 'unscoped' || (row.roles !== null && (target.kind === 'system' || row.target_id !== null))) &&
  (trust === undefined || row.trust !== null) &&
  (applicationCredential === undefined || row.application_credential !== null);
type TokenOf = Pick<Payload, 'target' | 'trust' | 'applicationCredential'>;

export function infoOf(payload: Payload, row: TokenRow): TokenInfo {
  const { target, trust, applicationCredential, federated } = payload;
  const named = { id: row.target_id ?? '', name: row.target_name ?? '' };
  return {
    methods: payload.methods,
    auditIds: payload.auditIds,
    issuedAt: new Date(payload.issuedAt * 1000),
    expiresAt: new Date(payload.expiresAt * 1000),
    user: {
      id: row.user_id,
      name: row.user_name,
      domain: { id: row.user_domain_id, name: row.user_domain_name },
      passwordExpiresAt: row.password_expires_at,
    },
    ...(target.kind === 'project'
      ? {
          project: {
            ...named,
            domain: { id: row.target_domain_id ?? '', name: row.target_domain_name ?? '' },
            isDomain: row.target_is_domain ?? false,
          },
        }
      : target.kind === 'domain'
        ? { domain: named }
        : target.kind === 'system'
          ? { system: true }
          : {}),
    roles: target.kind === 'unscoped' ? [] : (row.roles ?? []),
    generations: payload.generations,
    ...(trust === undefined || row.trust === null ? {} : { trust: { id: trust, ...row.trust } }),
    ...(applicationCredential === undefined || row.application_credential === null
      ? {}
      : { applicationCredential: credentialOf(applicationCredential, row.application_credential) }),
    ...(federated === undefined ? {} : { federated }),
  };
}

const credentialOf = (
  id: string,
  { name, unrestricted, limited, access_rules }: NonNullable<TokenRow['application_credential']>,
): NonNullable<TokenInfo['applicationCredential']> => ({
  id,
  name,
  restricted: !unrestricted,
  ...(limited ? { accessRules: access_rules } : {}),
});
