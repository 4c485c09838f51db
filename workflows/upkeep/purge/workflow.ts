import { continueAsNew, proxyActivities } from '@temporalio/workflow';
import type { ConductorActivities } from '#activities/contract';
import { control } from '../../engine/step-options.js';

const { purgeDeleted } = proxyActivities<ConductorActivities>({
  ...control,
  summary: 'Remove what was deleted long ago',
});
/** Batches of one run: its history stays short, however much has piled up. */
const BATCHES = 200;

/** Removes the records of servers that were deleted long ago, batch by batch. @returns how many servers it removed */
export async function purge(before = 0): Promise<number> {
  let total = before;
  for (let batch = 0; batch < BATCHES; batch++) {
    const { removed, more } = await purgeDeleted({});
    total += removed;
    if (!more) return total;
  }
  return continueAsNew<typeof purge>(total);
}
