/** What a client proves who it is with, and what that shows. */
import type { FederatedBy } from '../tokens/token.js';

/** Where a name is looked up. */
export interface DomainRef {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
}
export interface Reference {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly domain?: DomainRef | undefined;
}

/** One way in which a client proves who it is. */
export type Proof =
  | { readonly method: 'password'; readonly user: Reference & { readonly password: string } }
  | { readonly method: 'token'; readonly token: string }
  | {
      readonly method: 'application_credential';
      readonly credential: { readonly id?: string | undefined; readonly name?: string | undefined };
      readonly user?: Reference | undefined;
      readonly secret: string;
    }
  | { readonly method: 'totp'; readonly user: Reference & { readonly passcode: string } }
  | 'unsupported';

/** Whom a proof shows, and what a token made by it may be at most. */
export interface Proven {
  readonly userId: string;
  /** The user's generation at the moment of the proof. */
  readonly generation: number;
  readonly methods: readonly string[];
  /** The audit id of the first token of the chain. */
  readonly chain: readonly string[];
  /** Seconds since 1970; Infinity where nothing limits it. */
  readonly expiresAt: number;
  readonly defaultProjectId: string | null;
  /** It opens this project and nothing else. */
  readonly applicationCredential?: { readonly id: string; readonly projectId: string } | undefined;
  /** An identity provider said it, and the groups of the user beside those that he is in here. */
  readonly federated?: FederatedBy | undefined;
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
    applicationCredential: proven.find((p) => p.applicationCredential)?.applicationCredential,
    federated: proven.find((p) => p.federated)?.federated,
  };
}
