import { describe, expect, it } from 'vitest';
import { planOf } from '#cli/chaos/plan';
import { runChaos } from '#cli/chaos/run';
import { timelineOf } from '#cli/chaos/timeline';
import { startScratchCloud } from '#apps/standalone/scratch';

/** A short run of what `npm run chaos` does at length. */
describe('chaos', () => {
  it('has the same plan for the same seed, and another for another', () => {
    expect(planOf(7, 60_000)).toEqual(planOf(7, 60_000));
    expect(planOf(8, 60_000)).not.toEqual(planOf(7, 60_000));
    expect(planOf(7, 60_000).disturbances.length).toBeGreaterThan(5);
  });

  it('leaves nothing stuck, lost or behind', { timeout: 600_000 }, async () => {
    const scratch = await startScratchCloud({
      NOVAFLOW_HYPERVISOR: 'fake',
      NOVAFLOW_SIMULATED_HOSTS: '4',
      NOVAFLOW_FAKE_SPAWN_MS: '300',
      NOVAFLOW_MODE: 'development',
    });
    try {
      const run = await runChaos(scratch, { boots: 50, seed: 7, rate: 2 }, () => undefined);
      const { boots, active, error, errorByIntent, deletedInBuild, kills, faults, traffic, actions } = run.report;
      const { stuck, stuckWhere, lost, leaked, wrongPower } = run.report;
      const bad = { stuck, stuckWhere, lost, leaked, wrongPower, others: actions.others };
      expect(bad).toEqual({ stuck: 0, stuckWhere: [], lost: 0, leaked: [], wrongPower: [], others: [] });
      expect(actions.done).toBeGreaterThan(10);
      expect(actions.refused).toBeGreaterThan(0);
      // The boots on networks that are taken away under them come on top.
      expect(boots).toBe(50 + traffic.network);
      expect(active + error + deletedInBuild).toBe(boots);
      expect(error).toBe(errorByIntent);
      expect(Object.keys(faults)).not.toContain('NO FAULT');
      expect(kills).toBeGreaterThan(2);
      expect(timelineOf(run)).toMatch(/^<svg[\s\S]*<\/svg>\n$/);
    } finally {
      await scratch.stop();
    }
  });
});
