/** Who may do what: oslo.policy's language, OpenStack's rules, and the operator's changes to them. */
export type { Credentials, Target } from './credentials.js';
export { SERVICES, type RuleName, type Service } from './defaults/index.js';
export { readOverrides } from './overrides.js';
export { Policies, ownTarget, policies, type Rule } from './policies.js';
export { disallowed, notAllowed } from './refusals.js';
