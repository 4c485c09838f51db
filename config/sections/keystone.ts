import { whole } from './setting.js';

/** Keystone (keystone.conf). */
export const keystone = {
  token_expiration: whole(
    'NOVAFLOW_TOKEN_EXPIRATION',
    3600,
    'Seconds that a token lives (keystone.conf: token.expiration).',
    60,
  ),
};
