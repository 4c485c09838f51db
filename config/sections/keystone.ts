import { flag, oneOf, pattern, text, whole } from './setting.js';

/** Keystone (keystone.conf: token, receipt, totp, unified_limit and security_compliance). Where 0 means that there is none, Keystone leaves it out. */
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
  receipt_expiration: whole(
    'NOVAFLOW_RECEIPT_EXPIRATION',
    300,
    'Seconds that a user has for the other ways to prove who he is, once the first one held (keystone.conf: receipt.expiration).',
  ),
  included_previous_windows: whole(
    'NOVAFLOW_TOTP_INCLUDED_PREVIOUS_WINDOWS',
    1,
    'How many passcodes before the current one are taken, of 30 s each (keystone.conf: totp.included_previous_windows).',
  ),
  enforcement_model: oneOf(
    'NOVAFLOW_LIMIT_ENFORCEMENT_MODEL',
    ['flat', 'strict_two_level'],
    'How limits hold together: `flat`, each project by itself, or `strict_two_level`, a domain with its projects (keystone.conf: unified_limit.enforcement_model).',
  ),
  lockout_failure_attempts: whole(
    'NOVAFLOW_LOCKOUT_FAILURE_ATTEMPTS',
    0,
    'After so many wrong passwords a user is locked; 0 for never.',
  ),
  lockout_duration: whole(
    'NOVAFLOW_LOCKOUT_DURATION',
    1800,
    'Seconds that a user is locked for; 0 until an administrator enables the user again.',
  ),
  disable_user_account_days_inactive: whole(
    'NOVAFLOW_DISABLE_USER_ACCOUNT_DAYS_INACTIVE',
    0,
    'Days without a log-in after which a user is disabled; 0 for never.',
  ),
  password_expires_days: whole(
    'NOVAFLOW_PASSWORD_EXPIRES_DAYS',
    0,
    'Days after which a password has to be changed; 0 for never. It holds for passwords that are set from then on.',
  ),
  unique_last_password_count: whole(
    'NOVAFLOW_UNIQUE_LAST_PASSWORD_COUNT',
    0,
    'How many of the last passwords a user may not take again, with the one that holds; 0 for none.',
  ),
  minimum_password_age: whole(
    'NOVAFLOW_MINIMUM_PASSWORD_AGE',
    0,
    'Days for which a user keeps a password before it can be changed; an administrator can set another one at any time.',
  ),
  password_regex: pattern(
    'NOVAFLOW_PASSWORD_REGEX',
    'What a password must look like, from its first character on: a regular expression of JavaScript. Any will do when it is empty.',
  ),
  password_regex_description: text(
    'NOVAFLOW_PASSWORD_REGEX_DESCRIPTION',
    '',
    'The same in words, for who chose another one.',
  ),
  change_password_upon_first_use: flag(
    'NOVAFLOW_CHANGE_PASSWORD_UPON_FIRST_USE',
    false,
    'A password that an administrator set is good for nothing but to be changed by its user.',
  ),
};
