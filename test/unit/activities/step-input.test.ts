import { describe, expect, it } from 'vitest';
import * as computeSteps from '#activities/compute';
import * as conductorSteps from '#activities/conductor';
import * as networkSteps from '#activities/network';
import { makeActivities, type Roles } from '#activities/step';
import * as volumeSteps from '#activities/volume';
import { FLOWS, rowsOf } from '#workflows/flows';

const ROLES = { conductor: conductorSteps, compute: computeSteps, volume: volumeSteps, network: networkSteps };

describe('a step', () => {
  it('refuses on arrival an input that it does not understand, in words and before it acts', async () => {
    const { fetchImage } = makeActivities(computeSteps, {} as Roles['compute']);
    await expect(fetchImage({ imageId: 'i', machine: 'm' } as never)).rejects.toMatchObject({
      blame: 'host',
      type: 'InputRefused',
      message: expect.stringMatching(/^This host does not understand what fetchImage is asked for.*host/) as string,
    });
  });

  it('of a flow is an activity of the role that the flow says, and so is its undo', () => {
    for (const flow of Object.values(FLOWS))
      for (const [step, { on, undo }] of rowsOf(flow)) {
        const activities = Object.keys(ROLES[on]);
        expect(activities).toContain(step);
        if (typeof undo === 'string') expect(activities).toContain(undo);
      }
  });
});
