import { whole } from './setting.js';

/** Keystone (keystone.conf). */
export const keystone = {
  token_expiration: whole(
    'NOVAFLOW_TOKEN_EXPIRATION',
    3600,
    'Seconds that a token lives (keystone.conf: token.expiration).',
    60,
  ),
  max_active_keys: whole(
    'NOVAFLOW_FERNET_MAX_ACTIVE_KEYS',
    3,
    'Keys of tokens that are kept at a rotation: the staged one, the one that writes, and those that only open (keystone.conf: fernet_tokens.max_active_keys). Tokens live on if it is at least two more than rotations happen within token_expiration.',
    3,
  ),
};
