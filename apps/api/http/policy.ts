import { SetMetadata } from '@nestjs/common';
import type { Credentials, RuleName, Service, Target } from '#services/kernel/policy/index';
import type { Ruled } from '#services/kernel/resource/access';
import type { Action, TagAction } from '#services/kernel/resource/spec';
import type { ApiRequest } from './request.js';

type Prefixed<S extends Service, P extends string> = Extract<RuleName<S>, `${P}:${string}`>;

/**
 * A rule as an endpoint names it: OpenStack's name, with the service in front where the service's own rules have no
 * prefix (`image:` and `network:`).
 */
export type Rule =
  | Prefixed<'keystone', 'identity'>
  | Prefixed<'nova', 'os_compute_api'>
  | Prefixed<'cinder', 'volume' | 'volume_extension'>
  | Prefixed<'placement', 'placement'>
  | Prefixed<'aodh', 'telemetry'>
  | Prefixed<'novaflow', 'novaflow' | 'object-store'>
  | `metric-storage:${RuleName<'aetos'>}`
  | `image:${RuleName<'glance'>}`
  | `network:${RuleName<'neutron'>}`
  | `metric:${RuleName<'gnocchi'>}`;

/** What an endpoint works on, as far as the request says it. */
export type TargetOf = (request: ApiRequest, credentials: Credentials) => Target;

const PUBLIC = 'public';

/** What an endpoint states, kept under POLICY on its handler or its controller. */
export interface Stated {
  readonly rule: Rule | typeof PUBLIC;
  /** What the guard checks the rule against; `later` where the handler enforces it. */
  readonly target?: TargetOf | 'later' | undefined;
}
/** The rule of a resource's action. The guard asks it of who asks; the records ask it again of what it is about. */
export interface StatedByResource {
  readonly rule: string;
  readonly spec: Ruled;
  readonly action: Action;
}
export const POLICY = Symbol('policy');
const state = (stated: Stated): MethodDecorator & ClassDecorator => SetMetadata(POLICY, stated);

/**
 * States an endpoint's rule, which the guard enforces before the handler runs.
 * @param target what the rule is checked against, where the path says it; else what is the caller's own (for Keystone
 *   nothing), which refuses who may not do it to anything, and the service checks what it finds
 */
export const Policy = (rule: Rule, target?: TargetOf): MethodDecorator & ClassDecorator => state({ rule, target });

/** States the rule of an endpoint whose target only the handler can find: the handler enforces it, the guard does not. */
export const PolicyOfHandler = (rule: Rule): MethodDecorator & ClassDecorator => state({ rule, target: 'later' });

/** States that an endpoint is for everybody, without a token. */
export const Public = (): MethodDecorator & ClassDecorator => state({ rule: PUBLIC });

export const isPublic = (rule: string): rule is typeof PUBLIC => rule === PUBLIC;

const SERVICES: Readonly<Record<string, Service>> = {
  identity: 'keystone',
  os_compute_api: 'nova',
  volume: 'cinder',
  volume_extension: 'cinder',
  placement: 'placement',
  telemetry: 'aodh',
  'metric-storage': 'aetos',
  image: 'glance',
  network: 'neutron',
  metric: 'gnocchi',
};

/** The service that a rule belongs to, and its name there. */
export function ruleOf(rule: Rule): readonly [Service, RuleName] {
  const prefix = rule.slice(0, rule.indexOf(':'));
  const service = SERVICES[prefix] ?? 'novaflow';
  const own = ['aetos', 'glance', 'gnocchi', 'neutron'].includes(service) ? rule.slice(prefix.length + 1) : rule;
  return [service, own as RuleName];
}

/** The rule that a route asks, under the name that its service has for it. */
export interface AskedPolicy {
  readonly service: Service;
  readonly rule: string;
}

/** @returns nothing for a public route */
export function policyOf(stated: Stated | StatedByResource): AskedPolicy | undefined {
  if ('spec' in stated) return { service: stated.spec.words.service, rule: stated.rule };
  if (isPublic(stated.rule)) return undefined;
  const [service, rule] = ruleOf(stated.rule);
  return { service, rule };
}

/**
 * The policy of a route of a resource: the rule of its action, or one of its own.
 * @param rule the rule of a route that is written by hand (`upload_image`); the records ask it again, under this name
 */
export const KitPolicy = (
  spec: Ruled,
  action: Action,
  rule = spec.rules?.[action] ?? spec.words.ruleOf(action, spec.names),
): MethodDecorator & ClassDecorator => SetMetadata(POLICY, { rule, spec, action } satisfies StatedByResource);

/** The policy of a route of a resource's tags: their own rule, where the service has one. */
export const TagPolicy = (spec: Ruled, action: Action, tags: TagAction): MethodDecorator & ClassDecorator =>
  KitPolicy(spec, action, spec.words.tagRule?.(tags, spec.names));
