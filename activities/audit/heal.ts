import { Type } from 'typebox';
import type { AuditReport, Orphan } from '#services/audit/index';
import { conductorStep } from '../step.js';

const input = Type.Object({
  orphan: Type.Unsafe<Orphan>(Type.Object({ kind: Type.String(), id: Type.String(), why: Type.String() })),
});

/**
 * Checks the records once more before a host removes something, and closes the generation of its owner, so that no late
 * step of a boot can take effect after that. @returns false when it has an owner after all
 */
export const clearForRepair = conductorStep(input, ({ services }, { orphan }) => services.audit.clearForRepair(orphan));

/** Repairs an orphaned record, if it still is one. @returns what was done, or null */
export const healRecord = conductorStep(
  input,
  async ({ services }, { orphan }) => (await services.audit.heal(orphan)) ?? null,
);

/** Keeps the report. */
export const recordAudit = conductorStep(
  Type.Unsafe<AuditReport & { startedAt: string; trigger: string }>(
    Type.Object({ startedAt: Type.String(), trigger: Type.String() }),
  ),
  ({ services }, run) => services.audit.record(run),
);
