import { HeardCache } from '../../kernel/heard-cache.js';
import type { Listener } from '../../kernel/listen.js';
import type { TokenInfo } from './token.js';

/** Tokens in use at once; each takes about a kilobyte. */
const MAX = 10_000;

/** Tokens that were found valid, until something changes what a token opens (words.ts: `tellOfTokens`). */
export const tokenCache = (listener: Listener): HeardCache<TokenInfo> =>
  new HeardCache(listener, { max: MAX, holds: ({ expiresAt }) => expiresAt.getTime() > Date.now() });
