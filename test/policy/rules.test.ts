import { describe, expect, it } from 'vitest';
import { abilityOf } from '#services/kernel/policy/abilities';
import { SERVICES, ownTarget, policies, type Service } from '#services/kernel/policy/index';
import { allowedPairs, pairs, rowsOf, world } from './world.js';

const answers = await rowsOf('policy', 'answers.tsv');
const operations = (await rowsOf('facts', 'openstack-operations.tsv')).slice(1);
const rulesOf = (service: Service) => answers.filter(([of]) => of === service);
const released = SERVICES.filter((service) => service !== 'novaflow');

describe('The rules', () => {
  it.each(released)('of %s are those of its release, each with its check and its scopes', (service) => {
    expect(policies.of(service).map(({ name, text, scopes }) => [name, text, scopes.join(',')])).toEqual(
      rulesOf(service).map(([, name, check, scopes]) => [name, check, scopes]),
    );
  });

  it.each(released)('of %s answer as oslo.policy does, whoever asks and whatever for', (service) => {
    const asked = rulesOf(service).map(([, name, , , recorded]) => {
      if (!policies.has(service, name!)) return { name, allowed: [], expected: ['to be known'] };
      const allowed = pairs.filter((p) => policies.allows(service, name, p.credentials, p.target)).map((p) => p.pair);
      return { name, allowed, expected: allowedPairs(recorded!) };
    });
    const different = asked.filter(({ allowed, expected }) => allowed.join(';') !== expected.join(';'));
    expect(different).toEqual([]);
  });

  it('include every rule that a documented operation is checked by, with the documented check and scope', () => {
    const wrong = operations.flatMap(([service, method, path, , name, check, scopes, further]) => {
      const rule = name === '' ? undefined : policies.rule(service as Service, name!);
      const known = [name!, ...(further ?? '').split(' ')].filter((one) => one !== '');
      const missing = known.filter((one) => !policies.has(service as Service, one));
      const differs = rule !== undefined && (rule.text !== check || rule.scopes.join(',') !== scopes);
      return missing.length > 0 || differs ? [[service, method, path, missing, differs ? rule : '']] : [];
    });
    expect(wrong).toEqual([]);
  });
});

describe('A request', () => {
  const { member, reader } = { member: world.personas['member']!, reader: world.personas['reader']! };
  const systemReader = world.personas['system reader']!;

  it('about what is the own, or is of another project, gets what the rule says of each', () => {
    expect(policies.allows('nova', 'os_compute_api:servers:create', member, ownTarget(member))).toBe(true);
    expect(policies.allows('nova', 'os_compute_api:servers:create', reader, ownTarget(reader))).toBe(false);
    expect(policies.allows('nova', 'os_compute_api:servers:create', member, { project_id: 'project-other' })).toBe(
      false,
    );
  });

  it.each([
    ['keystone', 'identity:list_users', 'You are not authorized to perform the requested action: identity:list_users.'],
    [
      'nova',
      'os_compute_api:os-services:list',
      "Policy doesn't allow os_compute_api:os-services:list to be performed.",
    ],
    ['cinder', 'volume:create', "Policy doesn't allow volume:create to be performed."],
    ['glance', 'add_image', 'You are not authorized to complete add_image action.'],
    ['placement', 'placement:traits:list', 'Policy does not allow placement:traits:list to be performed.'],
    ['neutron', 'create_network', 'rule:create_network is disallowed by policy'],
  ] as const)('that %s refuses gets its words (%s)', (service, rule, message) => {
    expect(policies.has(service, rule)).toBe(true);
    if (policies.has(service, rule))
      expect(() => policies.enforce(service, rule, reader, ownTarget(reader))).toThrow(
        expect.objectContaining({ status: 403, message }) as Error,
      );
  });

  it('with a token of another scope than the rule takes is refused, by Neutron in so many words', () => {
    expect(policies.allows('nova', 'os_compute_api:servers:index', systemReader, {})).toBe(false);
    expect(() => policies.enforce('neutron', 'get_network', systemReader, {})).toThrow(
      "rule:get_network requires a scope of ['project'], request was made with system scope.",
    );
  });

  it('for a name that a service does not know is decided by its rule default, or refused', () => {
    expect(policies.rule('neutron', 'create_network:nothing')?.name).toBe('default');
    expect(policies.rule('nova', 'os_compute_api:nothing')).toBeUndefined();
  });

  it.each([
    ['nova', 'os_compute_api:servers:create', 'admin', 'all'],
    ['nova', 'os_compute_api:servers:create', 'member', 'own'],
    ['nova', 'os_compute_api:servers:create', 'reader', 'no'],
    ['nova', 'os_compute_api:os-keypairs:create', 'reader', 'own'],
    ['neutron', 'create_subnet', 'member', 'own'],
    ['keystone', 'identity:list_users', 'member', 'no'],
    ['keystone', 'identity:get_user', 'reader', 'own'],
    ['glance', 'get_image', 'reader', 'own'],
  ] as const)(
    'may be foreseen: by the rule %s %s a user with the role %s may do it to %s',
    (service, name, persona, may) => {
      expect(abilityOf(policies, policies.rule(service, name)!, world.personas[persona]!)).toBe(may);
    },
  );
});
