import { decode, encode } from '@msgpack/msgpack';
import type { Payload, TokenGenerations, TokenTarget } from './token.js';

/** The form of the tokens that this version writes; those of 0.4.0 and before are JSON. */
const FORM = 2;
/** A token says its methods as the bits of a number: new ones come at the end, and none is ever taken out. */
const METHODS = [
  'password',
  'token',
  'application_credential',
  'totp',
  'ec2credential',
  'mapped',
  'openid',
  'external',
];
const KINDS = ['unscoped', 'project', 'domain', 'system'] as const;

type Packed = [
  form: number,
  user: Id,
  kind: number,
  target: Id | null,
  methods: number,
  auditIds: Uint8Array[],
  issuedAt: number,
  expiresAt: number,
  ofUser: number,
  ofTarget: number,
  trust: Id | null,
  applicationCredential: Id | null,
  federated: [provider: string, protocol: string, groups: Id[]] | null,
];
/** An id of 32 hexadecimal digits takes half its length; another (`default`) is kept as it is. */
type Id = Uint8Array | string;

const packId = (id: string): Id => (/^[0-9a-f]{32}$/.test(id) ? Buffer.from(id, 'hex') : id);
const unpackId = (id: Id): string => (typeof id === 'string' ? id : Buffer.from(id).toString('hex'));
const maybe = <A, B>(value: A | null | undefined, f: (value: A) => B): B | null =>
  value === null || value === undefined ? null : f(value);

/** A token's content in as few bytes as it takes: with its seal a token stays below 255 letters, as Keystone's do. */
export function pack(payload: Payload): Buffer {
  const { target, federated } = payload;
  const packed: Packed = [
    FORM,
    packId(payload.user),
    KINDS.indexOf(target.kind),
    'id' in target ? packId(target.id) : null,
    payload.methods.reduce((bits, method) => bits | (1 << METHODS.indexOf(method)), 0),
    payload.auditIds.map((id) => Buffer.from(id, 'base64url')),
    payload.issuedAt,
    payload.expiresAt,
    ...payload.generations,
    maybe(payload.trust, packId),
    maybe(payload.applicationCredential, packId),
    maybe(federated, ({ provider, protocol, groups }) => [provider, protocol, groups.map(packId)]),
  ];
  return Buffer.from(encode(packed));
}

/** @returns undefined for what is no token: our keys seal other things, too */
export function unpack(sealed: Buffer): Payload | undefined {
  if (sealed[0] === '{'.charCodeAt(0)) return ofJson(sealed.toString());
  let packed: Packed;
  try {
    packed = decode(sealed) as Packed;
  } catch {
    return undefined;
  }
  if (!Array.isArray(packed) || packed[0] !== FORM) return undefined;
  const [, user, kind, target, methods, auditIds, issuedAt, expiresAt, ofUser, ofTarget, trust, credential, by] =
    packed;
  return {
    user: unpackId(user),
    target: { kind: KINDS[kind], ...(target === null ? {} : { id: unpackId(target) }) } as TokenTarget,
    methods: METHODS.filter((_, bit) => (methods & (1 << bit)) !== 0),
    auditIds: auditIds.map((id) => Buffer.from(id).toString('base64url')),
    issuedAt,
    expiresAt,
    generations: [ofUser, ofTarget],
    ...(trust === null ? {} : { trust: unpackId(trust) }),
    ...(credential === null ? {} : { applicationCredential: unpackId(credential) }),
    ...(by === null ? {} : { federated: { provider: by[0], protocol: by[1], groups: by[2].map(unpackId) } }),
  };
}

/** Those of versions before 0.5.0, which are still about for as long as they live: an hour, unless that was set otherwise. */
function ofJson(text: string): Payload {
  const { u, p, m, a, i, e, g } = JSON.parse(text) as {
    u: string;
    p: string | null;
    m: string[];
    a: string[];
    i: number;
    e: number;
    g?: TokenGenerations;
  };
  return {
    user: u,
    target: p === null ? { kind: 'unscoped' } : { kind: 'project', id: p },
    methods: m,
    auditIds: a,
    issuedAt: i,
    expiresAt: e,
    generations: g ?? [0, 0],
  };
}
