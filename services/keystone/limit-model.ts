/** How limits hold together (keystone/limit/models/flat.py; keystone.conf: unified_limit.enforcement_model). */
export const LIMIT_MODEL = {
  name: 'flat',
  description: 'Limit enforcement and validation does not take project hierarchy into consideration.',
} as const;
