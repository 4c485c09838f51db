/** What a token is made of, and what is known of who has it. */
import { Type } from 'typebox';
import { integer, nullable, rowType, text, type Row } from '../kernel/rows.js';

export interface Named {
  id: string;
  name: string;
}
/** How often the tokens of the user, and those for the project, had been ended when a token was issued. */
export type TokenGenerations = readonly [user: number, project: number];

/** What a valid token says. */
export interface TokenInfo {
  methods: string[];
  auditIds: string[];
  issuedAt: Date;
  expiresAt: Date;
  user: Named & { domain: Named };
  project?: Named & { domain: Named };
  roles: Named[];
  generations: TokenGenerations;
}

/** Where a name is looked up. */
export interface DomainRef {
  id?: string | undefined;
  name?: string | undefined;
}
export interface Reference {
  id?: string | undefined;
  name?: string | undefined;
  domain?: DomainRef | undefined;
}
/** What a token is asked for: a project, nothing, or what nobody has a role in yet (the system, a domain, a trust). */
export type Scope = { project: Reference } | 'unscoped' | 'nobody';
/** One way in which a client proves who it is. */
export type Proof =
  { method: 'password'; user: Reference & { password: string } } | { method: 'token'; token: string } | 'unsupported';

/** Whom proofs show, and what a token made by them may be at most. */
export interface Proven {
  userId: string;
  /** The user's generation at the moment of the proof. */
  generation: number;
  methods: string[];
  chain: string[];
  /** Seconds since 1970; Infinity where nothing limits it. */
  expiresAt: number;
  defaultProjectId: string | null;
}

/** The token itself: short names, since it travels with each request. */
export interface Payload {
  u: string;
  p: string | null;
  m: string[];
  a: string[];
  /** Issued and expires, in seconds since 1970. */
  i: number;
  e: number;
  /** Tokens of 0.3.0 have none, and were issued before anything was counted. */
  g?: TokenGenerations;
}

/** What the database says of a token's user and project. */
export const TOKEN_ROW = rowType({
  user_id: text,
  user_name: text,
  user_domain_id: text,
  user_domain_name: text,
  default_project_id: nullable(text),
  project_id: nullable(text),
  project_name: nullable(text),
  project_domain_id: nullable(text),
  project_domain_name: nullable(text),
  project_generation: nullable(integer),
  roles: nullable(Type.Array(Type.Object({ id: text, name: text }))),
});
export type TokenRow = Row<typeof TOKEN_ROW>;

export function infoOf(payload: Payload, row: TokenRow): TokenInfo {
  const named = (id: string | null, name: string | null): Named => ({ id: id ?? '', name: name ?? '' });
  const project = {
    ...named(row.project_id, row.project_name),
    domain: named(row.project_domain_id, row.project_domain_name),
  };
  return {
    methods: payload.m,
    auditIds: payload.a,
    issuedAt: new Date(payload.i * 1000),
    expiresAt: new Date(payload.e * 1000),
    user: { ...named(row.user_id, row.user_name), domain: named(row.user_domain_id, row.user_domain_name) },
    ...(payload.p ? { project } : {}),
    roles: (payload.p && row.roles) || [],
    generations: payload.g ?? [0, 0],
  };
}

/** Who proves himself in several ways does so in all of them. @returns undefined when they show several users, or none */
export function allOf(proven: readonly Proven[]): Proven | undefined {
  const [first] = proven;
  if (!first || proven.some((p) => p.userId !== first.userId)) return undefined;
  return {
    ...first,
    generation: Math.min(...proven.map((p) => p.generation)),
    methods: [...new Set(proven.flatMap((p) => p.methods))],
    chain: proven.flatMap((p) => p.chain),
    expiresAt: Math.min(...proven.map((p) => p.expiresAt)),
  };
}
