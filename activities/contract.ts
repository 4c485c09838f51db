/**
 * The types of the activities, by the role that runs them, and of the inputs of workflows. Workflows import these
 * types, and nothing else of ours outside their folder.
 */
import type * as computeSteps from './compute.js';
import type * as conductorSteps from './conductor.js';
import type * as networkSteps from './network.js';
import type { ActivitiesOf } from './step.js';
import type * as volumeSteps from './volume.js';

export type { AuditReport, AuditRequest, Healed, Orphan } from '#services/audit/index';
export type { CreateVolumeRequest, DeleteVolumeRequest, VolumeToConnect } from '#services/cinder/index';
export type { AttemptRecord, StepRecord } from '#services/kernel/engine';
export type { Verdict } from '#services/kernel/errors';
export type { Vif } from '#services/neutron/index';
export type {
  BootRequest,
  DeleteRequest,
  Fault,
  HoldingRules,
  PortOfServer,
  ServerActionRules,
  ServerAtHand,
  VolumeOfServer,
} from '#services/nova/index';
export type { Role } from './step.js';
export type { CachedImage, ConnectedVolume } from './schemas.js';

export type ConductorActivities = ActivitiesOf<typeof conductorSteps>;
export type ComputeActivities = ActivitiesOf<typeof computeSteps>;
export type NetworkActivities = ActivitiesOf<typeof networkSteps>;
export type VolumeActivities = ActivitiesOf<typeof volumeSteps>;
export type Activities = ConductorActivities & ComputeActivities & NetworkActivities & VolumeActivities;
