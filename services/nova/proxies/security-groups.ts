import { isAdmin, type RequestContext } from '../../kernel/context.js';
import { badRequest } from '../../kernel/errors.js';
import type { ListQuery } from '../../kernel/resource/query.js';
import type { Neutron } from '../../neutron/index.js';
import type { Servers } from '../servers.js';
import { having, withStatus } from './in-novas-words.js';
import {
  isGiven,
  isSameRule,
  readRule,
  ruleForNeutron,
  ruleOfNeutron,
  type NovaRule,
  type RuleRequest,
} from './security-rules.js';

type Group = Awaited<ReturnType<Neutron['securityGroups']['get']>>;
type Rule = Group['rules'][number];
interface GroupRequest {
  readonly name: string;
  readonly description: string;
}
/** A group that a rule lets in, as it is shown. */
interface Source {
  readonly name: string;
  readonly tenant_id: string;
}

/** Neutron's security groups in the terms of nova-network (nova/network/security_group_api.py). They know rules for what comes in alone. */
export class SecurityGroupProxy {
  constructor(private readonly neutron: Neutron) {}

  /** @param query an administrator's may be of all projects */
  async list(ctx: RequestContext, { conditions, ...page }: ListQuery) {
    const all = isAdmin(ctx, 'nova') && conditions.some(({ field }) => field === 'all_tenants');
    const { rows } = await this.neutron.securityGroups.list(ctx, { ...page, conditions: [], own: !all });
    return { rows: await shown(this.neutron, ctx, rows), more: false };
  }

  /** @throws 400 for what is no UUID, 404 */
  async get(ctx: RequestContext, id: string) {
    const [group] = await shown(this.neutron, ctx, [await this.find(ctx, id)]);
    return group!;
  }

  /** @throws 400, and 403 for what Neutron has no room for, or has already */
  async create(ctx: RequestContext, [asked]: readonly GroupRequest[]) {
    const { name, description } = asked!;
    const made = await this.neutron.securityGroups.create(ctx, [{ name, description }]).catch(withStatus({ 409: 403 }));
    return shown(this.neutron, ctx, made);
  }

  /** @throws as get, and 409 for the group that every project has */
  async update(ctx: RequestContext, id: string, { name, description }: GroupRequest) {
    await this.find(ctx, id);
    const [group] = await shown(this.neutron, ctx, [
      await this.neutron.securityGroups.update(ctx, id, { name, description }),
    ]);
    return group!;
  }

  /** @throws as get, and 400 while something uses it */
  async delete(ctx: RequestContext, id: string): Promise<void> {
    await this.find(ctx, id);
    await this.neutron.securityGroups.delete(ctx, id).catch(withStatus({ 409: 400 }));
  }

  private find(ctx: RequestContext, id: string): Promise<Group> {
    checkId(id);
    return this.neutron.securityGroups.get(ctx, id);
  }
}

/** Their rules, one by one. */
export class SecurityGroupRuleProxy {
  constructor(private readonly neutron: Neutron) {}

  /** @throws 400 in Nova's words, 404 for a group that is not there, 403 for what Neutron has no room for, or has already */
  async create(ctx: RequestContext, [asked]: readonly RuleRequest[]) {
    const request = asked!;
    const { securityGroups, securityGroupRules } = this.neutron;
    const group = await securityGroups.get(ctx, request.parent_group_id);
    const { group_id } = request;
    const source = isGiven(group_id) ? await securityGroups.get(ctx, group_id) : undefined;
    const rule = readRule(request);
    if (rulesOf(group).some((there) => isSameRule(ruleOfNeutron(there), rule)))
      throw badRequest(`This rule already exists in group ${group.id}`);
    const [made] = await securityGroupRules
      .create(ctx, [{ security_group_id: group.id, ...ruleForNeutron(rule) }])
      .catch(withStatus({ 409: 403 }));
    return [shownRule(made!, ruleOfNeutron(made!), source && sourceOf(source))];
  }

  /** @throws 400 for what is no UUID, 404 */
  async delete(ctx: RequestContext, id: string): Promise<void> {
    checkId(id);
    const { security_group_id } = await this.neutron.securityGroupRules.get(ctx, id);
    await this.neutron.securityGroups.get(ctx, security_group_id);
    await this.neutron.securityGroupRules.delete(ctx, id);
  }
}

/** Those that a server's ports have. One that two ports have is there twice, as in Nova. */
export class ServerSecurityGroups {
  constructor(
    private readonly neutron: Neutron,
    private readonly servers: Servers,
  ) {}

  /** @throws 404 for a server that is not there */
  async list(ctx: RequestContext, { conditions }: ListQuery) {
    const id = String(conditions.find(({ field }) => field === 'server_id')?.values[0]);
    await this.servers.get(ctx, id);
    const ports = (await this.neutron.ports.list(ctx, having('device_id', [id]))).rows;
    // Anybody may write a server's id into a port of theirs.
    const bound = ports.filter((port) => port.created_by_nova || port.binding_host_id !== '');
    const held = bound.flatMap(({ groups }) => groups.map((one) => one.security_group_id));
    const seen = held.length === 0 ? [] : (await this.neutron.securityGroups.list(ctx, having('id', held))).rows;
    const groups = held.flatMap((one) => seen.find((group) => group.id === one) ?? []);
    const rows = await shown(this.neutron, ctx, groups);
    return { rows: rows.map((row) => ({ ...row, server_id: id })), more: false };
  }
}

/** @throws 400 */
function checkId(id: string): void {
  if (!/^(urn:)?(uuid:)?\{?[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$/i.test(id))
    throw badRequest('Security group id should be uuid');
}

const rulesOf = ({ rules }: Group): Rule[] => rules.filter(({ direction }) => direction === 'ingress');
const sourceOf = ({ name, project_id }: Group): Source => ({ name, tenant_id: project_id });

/** Groups with their rules. A rule for a group that the asker does not see is left out. */
async function shown(neutron: Neutron, ctx: RequestContext, groups: readonly Group[]) {
  const known = new Map(groups.map((group) => [group.id, sourceOf(group)]));
  const others = groups
    .flatMap(rulesOf)
    .flatMap(({ remote_group_id: id }) => (id !== null && !known.has(id) ? [id] : []));
  const found = others.length === 0 ? [] : (await neutron.securityGroups.list(ctx, having('id', others))).rows;
  for (const group of found) known.set(group.id, sourceOf(group));
  const rows = groups.map((group) => ({
    id: group.id,
    name: group.name,
    description: group.description,
    tenant_id: group.project_id,
    rules: rulesOf(group).flatMap((rule) => {
      const source = rule.remote_group_id === null ? undefined : known.get(rule.remote_group_id);
      return rule.remote_group_id !== null && source === undefined
        ? []
        : [shownRule(rule, ruleOfNeutron(rule), source)];
    }),
  }));
  const place = (row: (typeof rows)[number]): string => JSON.stringify([row.tenant_id, row.name]);
  return rows.toSorted((a, b) => (place(a) < place(b) ? -1 : Number(place(a) > place(b))));
}

const shownRule = (
  { id, security_group_id }: Pick<Rule, 'id' | 'security_group_id'>,
  { protocol, from_port, to_port, cidr }: NovaRule,
  source: Source | undefined,
) => ({
  id,
  parent_group_id: security_group_id,
  ip_protocol: protocol,
  from_port,
  to_port,
  group: source ?? {},
  ip_range: source === undefined ? { cidr } : {},
});
