import type { ChaosRecord } from '#apps/faults/chaos-runs';

/** A short chaos run of which nothing is left: a process killed and one paused, a server that was made and one that was not. */
export const chaosRecord = (seed: number, beganAt = new Date()) =>
  ({
    run: {
      began_at: beganAt.toISOString(),
      seed,
      boots: 3,
      active: 1,
      error: 1,
      error_by_intent: 1,
      deleted_in_build: 1,
      stuck: 0,
      lost: 0,
      leaks: 0,
      disturbances: 2,
      longest_boot_ms: 9_000,
      recovery_ms: 4_200,
    },
    disturbed: [
      { what: 'kill', target: 'conductor', at: 5_000, ended_at: 5_001 },
      { what: 'pause', target: 'postgres', at: 9_000, ended_at: 14_500 },
    ],
    servers: [
      { id: 'a', at: 1_000, settled_at: 10_000, deleted_at: null, gone_at: 30_000, status: 'ACTIVE', fault: null },
      {
        id: 'b',
        at: 2_000,
        settled_at: 8_000,
        deleted_at: 9_000,
        gone_at: 16_000,
        status: 'ERROR',
        fault: 'No network',
      },
      { id: 'c', at: 3_000, settled_at: null, deleted_at: 4_000, gone_at: 12_000, status: null, fault: null },
    ],
    samples: [0, 5_000, 10_000, 15_000, 30_000].map((at, i) => ({ at, building: [0, 3, 1, 0, 0][i] ?? 0 })),
  }) satisfies Omit<ChaosRecord, 'run'> & { run: Omit<ChaosRecord['run'], 'id'> };
