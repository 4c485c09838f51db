import type { ChaosRecord } from '#apps/faults/chaos-runs';
import type { ChaosRun } from './run.js';

/** A run as it is kept for the dashboard. */
export function recordOf({
  report,
  servers,
  samples,
  beganAt,
}: ChaosRun): Omit<ChaosRecord, 'run'> & { run: Omit<ChaosRecord['run'], 'id'> } {
  return {
    run: {
      began_at: new Date(beganAt).toISOString(),
      seed: report.seed,
      boots: report.boots,
      active: report.active,
      error: report.error,
      error_by_intent: report.errorByIntent,
      deleted_in_build: report.deletedInBuild,
      stuck: report.stuck,
      lost: report.lost,
      leaks: report.leaks,
      disturbances: report.kills,
      longest_boot_ms: report.longestBootMs,
      recovery_ms: Number.isFinite(report.recoveryMs) ? report.recoveryMs : null,
    },
    disturbed: report.disturbances.map(({ what, target, at, endedAt }) => ({ what, target, at, ended_at: endedAt })),
    servers: servers.map(({ id, at, settledAt, deleteAt, goneAt, status, fault }) => ({
      id,
      at,
      settled_at: settledAt ?? null,
      deleted_at: deleteAt ?? null,
      gone_at: goneAt ?? null,
      status: status ?? null,
      fault: fault ?? null,
    })),
    samples: samples.map(({ at, building }) => ({ at, building })),
  };
}
