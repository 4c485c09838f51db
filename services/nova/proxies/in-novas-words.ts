import { OpenStackError } from '../../kernel/errors.js';
import type { ListQuery } from '../../kernel/resource/query.js';

/** All of Neutron's that the asker may see, in its order. */
export const ALL: ListQuery = { conditions: [], sort: [], limit: Number.MAX_SAFE_INTEGER - 2 };

/** Those of a list whose field has one of the values. */
export const having = (field: string, values: readonly (string | boolean)[]): ListQuery => ({
  ...ALL,
  conditions: [{ field, operator: 'in', values }],
});

/** Nova says with statuses of its own what Neutron refuses, in Neutron's words. */
export const withStatus =
  (statuses: Readonly<Record<number, number>>) =>
  (error: unknown): never => {
    const status = error instanceof OpenStackError ? statuses[error.status] : undefined;
    throw status === undefined ? error : new OpenStackError(status, (error as OpenStackError).type, messageOf(error));
  };

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Refuses what Neutron does not have. @param refusal in place of Neutron's own */
export const orElse =
  (status: number, refusal: () => OpenStackError) =>
  (error: unknown): never => {
    throw error instanceof OpenStackError && error.status === status ? refusal() : error;
  };
