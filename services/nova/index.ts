import type { Config } from '#config';
import type { Cinder } from '../cinder/index.js';
import type { Database, Sql } from '../kernel/database.js';
import type { Glance } from '../glance/index.js';
import type { Fernet, Keystone } from '../keystone/index.js';
import type { Neutron } from '../neutron/index.js';
import type { Engine } from '../kernel/engine.js';
import type { OperationRecords } from '../kernel/operations.js';
import type { Outbox } from '../kernel/outbox.js';
import type { Policies } from '../kernel/policy/index.js';
import type { Placement } from '../placement/index.js';
import { InstanceActions } from './actions.js';
import { Admission } from './admission.js';
import { Boots } from './boots.js';
import { ComputeServices } from './compute-services.js';
import { Conductors } from './conductors.js';
import { ConsoleTokens } from './console-tokens.js';
import { Consoles } from './consoles.js';
import { Flavors } from './flavors.js';
import { GuestDataOf } from './guest-data.js';
import { Hosts } from './hosts.js';
import { HostApis } from './host-apis.js';
import { Hypervisors } from './hypervisors.js';
import { Keypairs } from './keypairs.js';
import { InterfaceAttachments } from './interface-attachments.js';
import { resealSecrets } from './reseal.js';
import { Proxies } from './proxies/index.js';
import { ServerFloatingIps } from './proxies/server-floating-ips.js';
import { Purge } from './purge.js';
import { Quotas } from './quotas.js';
import { Scheduler } from './scheduler/index.js';
import { ServerActions } from './server-actions.js';
import { Servers } from './servers.js';
import { Uptimes } from './uptimes.js';
import { VolumeAttachments } from './volume-attachments.js';

export type { Fault } from './boots.js';
export type { PortOfServer } from './interface-attachments.js';
export type { VolumeOfServer } from './volume-attachments.js';
export { extension, extensions } from './resources/extension.js';
export { flavor } from './resources/flavor.js';
export { hypervisor } from './resources/hypervisor.js';
export { keypair } from './resources/keypair.js';
export * as proxies from './resources/proxies/index.js';
export { service } from './resources/service.js';
export { checkConsoleType, type ConsoleGrant, type ConsoleTokens } from './console-tokens.js';
export { BOOT_SERVER } from './operations.js';
export type { DeleteRequest } from './operations.js';
export type { HoldingRules, ServerActionRules, ServerAtHand } from './server-actions.js';
export type { Resource } from './quotas.js';
export type { BootRequest } from './request-spec.js';
export {
  OWNS_THINGS,
  STATES_UNDER_WAY,
  STATES_WITH_GUEST,
  STATES_WITH_PROCESS,
  VM_STATE_FACTS,
  isAtRest,
  ownsThings,
  statusOf,
  statesOf,
} from './vm-states.js';
export type { CreateServerRequest, SchedulerHints } from './server-request.js';
export type { ServerFilters } from './server-patterns.js';
export type { GuestData, GuestMetadata } from './guest-data.js';

/** Nova, part by part. */
export interface Nova {
  readonly servers: Servers;
  readonly guestDataOf: GuestDataOf;
  readonly serverActions: ServerActions;
  readonly volumeAttachments: VolumeAttachments;
  readonly interfaceAttachments: InterfaceAttachments;
  readonly boots: Boots;
  readonly scheduler: Scheduler;
  readonly actions: InstanceActions;
  readonly flavors: Flavors;
  readonly keypairs: Keypairs;
  readonly quotas: Quotas;
  readonly hosts: Hosts;
  readonly services: ComputeServices;
  readonly hypervisors: Hypervisors;
  readonly conductors: Conductors;
  readonly admission: Admission;
  readonly consoleTokens: ConsoleTokens;
  readonly purge: Purge;
  readonly proxies: Proxies;
  /** Before a rotation of the keys of tokens. @returns how many secrets were sealed by the key that writes */
  readonly resealSecrets: () => Promise<number>;
}

/** Puts Nova together over the other services. */
export function makeNova(parts: {
  db: Database;
  sql: Sql;
  config: Config;
  fernet: Fernet;
  outbox: Outbox;
  engine: Engine;
  operations: OperationRecords;
  glance: Glance;
  neutron: Neutron;
  cinder: Cinder;
  placement: Placement;
  policies: Policies;
  checkToken: Keystone['tokens']['check'];
}): Nova {
  const { db, sql, config, placement, policies } = parts;
  const flavors = new Flavors(db, sql, policies);
  const quotas = new Quotas(db, config);
  const keypairs = new Keypairs(db, quotas, policies);
  const hosts = new Hosts(db, placement, parts.fernet, config.nova.service_down_time);
  const conductors = new Conductors(sql, config.nova.service_down_time);
  const hostApis = new HostApis(sql, parts.fernet, config.nova.service_down_time);
  const consoles = new Consoles(hostApis);
  const actions = new InstanceActions(db, parts.engine);
  const admission = new Admission(
    sql,
    parts.outbox,
    { underWay: config.nova.boots_under_way, waiting: config.nova.boots_waiting },
    config.nova.instance_build_timeout,
  );
  const servers = new Servers({ ...parts, quotas, flavors, keypairs, hosts, admission, consoles });
  const { cinder, neutron, operations } = parts;
  const floatingIps = new ServerFloatingIps(neutron, servers, policies);
  const serverActions = new ServerActions(sql, servers, operations, parts.outbox, neutron, floatingIps);
  return {
    resealSecrets: () => resealSecrets(db, parts.fernet),
    flavors,
    keypairs,
    quotas,
    hosts,
    services: new ComputeServices(hosts, conductors),
    hypervisors: new Hypervisors(hosts, new Uptimes(hostApis), config.cloud.bind),
    conductors,
    consoleTokens: new ConsoleTokens(sql, hostApis, parts.checkToken, `${config.publicUrl}/dashboard/console`),
    actions,
    admission,
    proxies: new Proxies(neutron, servers),
    purge: new Purge(db, parts.operations, config.nova.deleted_retention),
    scheduler: new Scheduler(sql, placement, config.nova.service_down_time),
    boots: new Boots(db, sql, parts.neutron, parts.cinder, placement, parts.operations),
    servers,
    serverActions,
    guestDataOf: new GuestDataOf(parts),
    volumeAttachments: new VolumeAttachments(db, sql, servers, serverActions, cinder, operations),
    interfaceAttachments: new InterfaceAttachments(sql, servers, serverActions, neutron, operations),
  };
}
