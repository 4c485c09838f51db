import { aetos } from './aetos.js';
import { aodh } from './aodh.js';
import { cinder } from './cinder.js';
import { glance } from './glance.js';
import { gnocchi } from './gnocchi.js';
import { keystone } from './keystone.js';
import { neutron } from './neutron.js';
import { nova } from './nova.js';
import { novaflow } from './novaflow.js';
import { placement } from './placement.js';

/** Every rule that there is, by the service that it belongs to. */
export const DEFAULTS = { keystone, nova, placement, glance, neutron, cinder, aodh, gnocchi, aetos, novaflow } as const;

export type Service = keyof typeof DEFAULTS;
export const SERVICES = Object.keys(DEFAULTS) as Service[];

/** The name of a rule of a service. */
export type RuleName<S extends Service = Service> = { [K in S]: keyof (typeof DEFAULTS)[K] & string }[S];
