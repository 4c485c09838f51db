/** How limits hold together (keystone/limit/models; keystone.conf: unified_limit.enforcement_model). */
export const LIMIT_MODELS = {
  flat: {
    name: 'flat',
    description: 'Limit enforcement and validation does not take project hierarchy into consideration.',
  },
  strict_two_level: {
    name: 'strict_two_level',
    description: 'This model requires project hierarchy never exceeds a depth of two',
  },
} as const;
export type ModelName = keyof typeof LIMIT_MODELS;
