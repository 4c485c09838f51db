/** Neutron's name of the service that makes routers (neutron_lib/plugins/constants.py: L3). */
const L3 = 'L3_ROUTER_NAT';

/** Who makes things of a flavor: of the services here, routers alone have providers, and this cloud has one kind of router. */
export const SERVICE_PROVIDERS = [{ service_type: L3, name: 'single_node', default: true }] as const;
/** Their drivers, by the names that Neutron has for them (neutron/services/l3_router/service_providers). */
const DRIVERS: ReadonlySet<string> = new Set([
  'neutron.services.l3_router.service_providers.single_node.SingleNodeDriver',
]);
/** The services that are here, by the names that Neutron's plugins have. */
const SERVICE_TYPES: ReadonlySet<string> = new Set<string>([
  'CORE',
  L3,
  'FLAVORS',
  'FLOATINGIPPOOL',
  'METERING',
  'PORTFORWARDING',
  'TAG',
  'network-ip-availability',
  'revision_plugin',
  'timestamp',
]);

export const isDriver = (driver: string): boolean => DRIVERS.has(driver);
export const isServiceType = (type: string): boolean => SERVICE_TYPES.has(type);
