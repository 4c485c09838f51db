import path from 'node:path';
import type { Config } from '#config';
import { FilesystemObjects } from '#drivers/objects/filesystem';
import { Aetos } from './aetos/index.js';
import { Aodh } from './aodh/index.js';
import { Audit } from './audit/index.js';
import { AuditTrail } from './audit-trail/index.js';
import { Ceilometer } from './ceilometer/index.js';
import { CREATE_VOLUME, Cinder } from './cinder/index.js';
import { openDatabase, type Database, type PoolState } from './kernel/database.js';
import { HostImages } from './glance/host-images.js';
import { Glance } from './glance/index.js';
import {
  CREDENTIAL_KEYS,
  CredentialStore,
  FERNET_KEYS,
  KeyRing,
  Keystone,
  TOKEN_CHANNEL,
  lazyKeyRing,
} from './keystone/index.js';
import { Listener } from './kernel/listen.js';
import { makeLogger, type Logger } from './kernel/log.js';
import { Gnocchi } from './gnocchi/index.js';
import { Neutron } from './neutron/index.js';
import { BOOT_SERVER, makeNova, type Nova } from './nova/index.js';
import type { Engine } from './kernel/engine.js';
import { OperationRecords } from './kernel/operations.js';
import { Changes } from './operations/changes.js';
import { OperationLog } from './operations/index.js';
import { Uploads } from './kernel/uploads.js';
import { Outbox } from './kernel/outbox.js';
import { policies, type Policies } from './kernel/policy/index.js';
import { Notifications, Readers } from './notifications/index.js';
import { Placement } from './placement/index.js';
import { Swift } from './swift/index.js';

export type { PoolState };

/** The control plane's services over one database. */
export interface Services {
  readonly db: Database;
  /** How many connections to it this process has now. */
  readonly pool: () => PoolState;
  /** Whether this process is the one that holds the lease of this name (kernel/listen.ts). */
  readonly holds: (name: string) => Promise<boolean>;
  /** Ends its connections. */
  readonly close: () => Promise<void>;
  readonly keystone: Keystone;
  readonly placement: Placement;
  readonly glance: Glance;
  readonly hostImages: HostImages;
  readonly neutron: Neutron;
  readonly cinder: Cinder;
  readonly swift: Swift;
  readonly uploads: Uploads;
  readonly nova: Nova;
  readonly aodh: Aodh;
  readonly aetos: Aetos;
  readonly outbox: Outbox;
  readonly operations: OperationRecords;
  readonly gnocchi: Gnocchi;
  readonly ceilometer: Ceilometer;
  readonly operationLog: OperationLog;
  readonly operationChanges: Changes;
  readonly audit: Audit;
  readonly auditTrail: AuditTrail;
  readonly notifications: Notifications;
  readonly readers: Readers;
  readonly policies: Policies;
}

/** What triggers know of the settings. What is as it is without a setting is left out: not every pooler passes parameters on. */
const parametersOf = ({ nova: { notify_on_state_change } }: Config): Record<string, string> =>
  notify_on_state_change === 'none' ? {} : { notify_on_state_change };

/** Puts the services together. What they need of the workflow engine comes in as `engine`. */
export function makeServices(config: Config, engine: Engine, log: Logger): Services {
  const { db, sql, pool, close } = openDatabase(
    config.database.connection,
    config.database.max_pool_size,
    parametersOf(config),
  );
  const fernet = new KeyRing(path.join(config.secrets, FERNET_KEYS));
  const auditTrail = new AuditTrail(sql, makeLogger('audit', config.cloud.log_level), {
    enabled: config.audit_trail.enabled,
    retentionDays: config.audit_trail.retention,
  });
  const gnocchi = new Gnocchi(db, sql, policies, config.gnocchi);
  const notifications = new Notifications(sql, config.notifications.retention);
  const outbox = new Outbox(sql, (operation) => engine.start(operation), log);
  const operations = new OperationRecords(db, sql);
  const listener = new Listener(config.database.connection, TOKEN_CHANNEL);
  const credentialStore = new CredentialStore(lazyKeyRing(path.join(config.secrets, CREDENTIAL_KEYS)));
  const keystone = new Keystone(db, sql, fernet, listener, config, policies, credentialStore);
  const placement = new Placement(db, sql, policies);
  const objects = new FilesystemObjects(path.join(config.home, 'objects'));
  const uploads = new Uploads(sql, objects, log);
  const glance = new Glance(db, sql, objects, uploads, policies, config);
  const neutron = new Neutron(db, sql, policies, config);
  const cinder = new Cinder(db, sql, glance, outbox, operations, policies, config);
  const readers = new Readers(sql, notifications);
  const kernel = { db, sql, config, fernet, outbox, engine, operations, policies };
  const checkToken: Keystone['tokens']['check'] = (ref) => keystone.tokens.check(ref);
  const nova = makeNova({ ...kernel, glance, neutron, cinder, placement, checkToken });
  outbox.onRefused(BOOT_SERVER.kind, (boot, reason) => nova.boots.refused(boot.resource_id, boot.id, reason));
  outbox.onRefused(CREATE_VOLUME.kind, async (creation, reason) => {
    await cinder.endCreation(creation.resource_id, 'error');
    await operations.finishNow({ operationId: creation.id, state: 'failed', message: reason, story: [] });
  });
  return {
    db,
    pool,
    holds: (name) => listener.holds(name),
    async close() {
      uploads.stop();
      await auditTrail.close();
      await listener.close();
      await close();
    },
    keystone,
    placement,
    glance,
    hostImages: new HostImages(sql, objects),
    swift: new Swift(db, sql, objects, uploads),
    uploads,
    neutron,
    cinder,
    nova,
    aetos: new Aetos(sql, gnocchi),
    aodh: new Aodh(db, policies, config, { sql, gnocchi, notifications, log }),
    outbox,
    policies,
    operations,
    operationLog: new OperationLog(sql, policies),
    operationChanges: new Changes(sql, notifications),
    auditTrail,
    gnocchi,
    readers,
    ceilometer: new Ceilometer(sql, gnocchi, readers, config.ceilometer.archive_policy),
    notifications,
    audit: new Audit({
      db,
      store: objects,
      engine,
      operations,
      outbox,
      placement,
      neutron,
      cinder,
      nova,
      serviceDownSeconds: config.nova.service_down_time,
    }),
  };
}
