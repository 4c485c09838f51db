import type { TokenScope } from './credentials.js';

/** The scopes that a token may have for a rule (oslo.policy's scope_types); none named is any. */
export type Scopes = readonly TokenScope[];

export const project: Scopes = ['project'];
export const systemOrProject: Scopes = ['system', 'project'];
export const anyScope: Scopes = ['system', 'domain', 'project'];

/** The rules of a service: each name with its check in oslo.policy's language and the scopes of its tokens. */
export type RuleTable = Readonly<Record<string, readonly [check: string, scopes?: Scopes]>>;
