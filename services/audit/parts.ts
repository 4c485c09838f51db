import type { ObjectStore } from '#drivers/objects/index';
import type { Cinder } from '../cinder/index.js';
import type { Database } from '../kernel/database.js';
import type { Nova } from '../nova/index.js';
import type { Engine } from '../kernel/engine.js';
import type { OperationRecords } from '../kernel/operations.js';
import type { Outbox } from '../kernel/outbox.js';
import type { Placement } from '../placement/index.js';
import type { Neutron } from '../neutron/index.js';

/** What an audit stands on. */
export interface AuditParts {
  readonly db: Database;
  readonly store: ObjectStore;
  readonly engine: Engine;
  readonly operations: OperationRecords;
  readonly outbox: Outbox;
  readonly placement: Placement;
  readonly neutron: Neutron;
  readonly cinder: Cinder;
  readonly nova: Nova;
  /** Seconds without a report after which a role is down. */
  readonly serviceDownSeconds: number;
}
