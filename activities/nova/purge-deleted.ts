import { Type } from 'typebox';
import { conductorStep } from '../step.js';

/** Removes some of what was deleted long ago, and some of the audit trail's oldest events and of the oldest notifications. */
export const purgeDeleted = conductorStep(Type.Object({}), async ({ services }) => {
  const { removed, more } = await services.nova.purge.batch();
  const trail = await services.auditTrail.purge();
  const told = await services.notifications.purge();
  return { removed, more: more || trail.more || told.more };
});
