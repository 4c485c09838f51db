import { describe, expect, it } from 'vitest';
import { OpenStackError } from '#services/kernel/errors';
import { assertionOf } from '#services/keystone/federation/claims';
import { mapIdentity, type Assertion } from '#services/keystone/federation/mapping';
import { checkRules, type Remote, type Rule, type Version } from '#services/keystone/federation/rules';

const SAID: Assertion = {
  name: ['Ada'],
  surname: ['Lovelace'],
  email: ['ada@example.org'],
  kind: ['engineer'],
  groups: ['builders', 'admins', 'guests'],
};
const asks = (remote: Remote[], local: Rule['local'] = [{ user: { name: '{0}' } }]): Rule[] => [{ remote, local }];
const mapped = (rules: readonly Rule[], said: Assertion = SAID, version: Version = '1.0') =>
  mapIdentity(rules, version, said);
const refusal = (work: () => unknown): OpenStackError => {
  try {
    work();
  } catch (error) {
    if (error instanceof OpenStackError) return error;
    throw error;
  }
  throw new Error('Nothing was refused.');
};
const groupsBy = (condition: Omit<Remote, 'type'>): string[] =>
  mapped(
    asks(
      [{ type: 'name' }, { type: 'groups', ...condition }],
      [{ user: { name: '{0}' } }, { groups: '{1}', domain: { id: 'd' } }],
    ),
  ).groupNames.map(({ name }) => name);
const counts = (remote: Remote): boolean => {
  try {
    mapped(asks([{ type: 'name' }, remote]));
    return true;
  } catch {
    return false;
  }
};

describe('the rules of a mapping', () => {
  it('put the values of attributes in the place of their numbers, in the order in which the rule names them', () => {
    const { user } = mapped(
      asks(
        [{ type: 'name' }, { type: 'kind', any_one_of: ['engineer'] }, { type: 'surname' }, { type: 'email' }],
        [{ user: { name: '{0} {1}', email: '{2}', id: '{{{0}}}' } }],
      ),
    );
    expect(user).toMatchObject({ name: 'Ada Lovelace', email: 'ada@example.org', id: '{Ada}', type: 'ephemeral' });
  });

  it('leave texts as they are where they refer to nothing', () => {
    expect(mapped(asks([{ type: 'kind', any_one_of: ['engineer'] }], [{ user: { name: '{0}' } }])).user.name).toBe(
      '{0}',
    );
  });

  it('count where all that they ask for is there, and none of them is an error', () => {
    expect(counts({ type: 'kind', any_one_of: ['guest', 'engineer'] })).toBe(true);
    expect(counts({ type: 'kind', any_one_of: ['guest'] })).toBe(false);
    expect(counts({ type: 'kind', not_any_of: ['guest'] })).toBe(true);
    expect(counts({ type: 'groups', not_any_of: ['admins'] })).toBe(false);
    expect(counts({ type: 'office' })).toBe(false);
    expect(refusal(() => mapped(asks([{ type: 'office' }])))).toMatchObject({
      status: 401,
      message: 'Could not map any federated user properties to identity values.',
    });
    // What every object of JavaScript has is no attribute.
    expect(counts({ type: 'constructor' })).toBe(false);
  });

  it('compare whole values, or find a pattern of Python’s in them', () => {
    expect(counts({ type: 'email', any_one_of: ['@example.org$'] })).toBe(false);
    expect(counts({ type: 'email', any_one_of: ['@example.org$'], regex: true })).toBe(true);
    expect(counts({ type: 'kind', any_one_of: ['^ENGI'], regex: true })).toBe(false);
    expect(counts({ type: 'kind', any_one_of: ['(?i)^ENGI'], regex: true })).toBe(true);
    expect(counts({ type: 'kind', any_one_of: [String.raw`\A(?P<e>e)ngin(?P=e)+r\Z`], regex: true })).toBe(true);
    expect(counts({ type: 'kind', not_any_of: ['gin'], regex: true })).toBe(false);
  });

  it('take of several values those that are asked for, or all others', () => {
    expect(groupsBy({})).toEqual(['builders', 'admins', 'guests']);
    expect(groupsBy({ whitelist: ['guests', 'builders', 'nobody'] })).toEqual(['builders', 'guests']);
    expect(groupsBy({ blacklist: ['admins'] })).toEqual(['builders', 'guests']);
    expect(groupsBy({ whitelist: ['^b', 's$'], regex: true })).toEqual(['builders', 'admins', 'guests']);
    expect(groupsBy({ blacklist: ['^[ab]'], regex: true })).toEqual(['guests']);
    expect(groupsBy({ whitelist: [] })).toEqual([]);
  });

  it('give groups by ids and by names, alone and in lists, from all rules that count', () => {
    const found = mapped([
      { remote: [{ type: 'name' }], local: [{ user: { name: '{0}' }, group: { id: 'one' } }] },
      { remote: [{ type: 'kind', any_one_of: ['guest'] }], local: [{ group: { id: 'no' } }] },
      {
        remote: [{ type: 'groups', whitelist: ['admins'] }, { type: 'kind' }],
        local: [
          { group_ids: '{0}' },
          { group_ids: '[\'two\', "three"]' },
          { group: { name: '{1}s', domain: { name: 'D' } } },
          { groups: "['x-{1}', 'y']", domain: { id: 'd' } },
        ],
      },
    ]);
    expect(found.groupIds).toEqual(['one', 'admins', 'two', 'three']);
    expect(found.groupNames).toEqual([
      { name: 'engineers', domain: { name: 'D' } },
      { name: 'x-engineer', domain: { id: 'd' } },
      { name: 'y', domain: { id: 'd' } },
    ]);
  });

  it('take groups with a domain of their own, and refuse names without any', () => {
    const rules = asks([{ type: 'groups' }], [{ user: { name: 'u' }, groups: '{0}' }]);
    const own = 'JSON:{"name": "g", "domain": {"name": "D"}}';
    expect(mapped(rules, { groups: [own] }).groupNames).toEqual([{ name: 'g', domain: { name: 'D' } }]);
    for (const groups of [['g'], ['JSON:{"name": "g"}'], ['JSON:nothing'], ['JSON:null']])
      expect(refusal(() => mapped(rules, { groups }))).toMatchObject({ status: 401 });
  });

  it('make the first of several users, and local ones where they say so', () => {
    const rules = asks(
      [{ type: 'name' }],
      [{ user: { name: '{0}', type: 'local', domain: { name: 'D' } } }, { user: { name: 'other' } }],
    );
    expect(mapped(rules).user).toEqual({ name: 'Ada', type: 'local', domain: { name: 'D' } });
  });

  it('give projects with roles, whose domain is the rule’s in version 2.0 alone', () => {
    const rules = asks(
      [{ type: 'name' }, { type: 'surname' }],
      [
        {
          user: { name: '{0}' },
          projects: [{ name: 'of {1}', roles: [{ name: 'member' }, { name: 'reader' }] }],
          domain: { name: 'D' },
        },
      ],
    );
    expect(mapped(rules).projects).toEqual([{ name: 'of Lovelace', roles: ['member', 'reader'] }]);
    expect(mapped(rules).user.domain).toBeUndefined();
    const second = mapped(rules, SAID, '2.0');
    expect(second.projects[0]?.domain).toEqual({ name: 'D' });
    expect(second.user.domain).toEqual({ name: 'D' });
  });

  it('refuse a log-in where they refer to what there is not', () => {
    for (const name of ['{1}', '{', '}', '{}', '{0.attribute}', '{0[0]}', '{99999}'])
      expect(refusal(() => mapped(asks([{ type: 'name' }], [{ user: { name } }])))).toMatchObject({ status: 401 });
  });
});

describe('what a hostile user says of himself', () => {
  it('stays one value, whatever it looks like', () => {
    const rules = asks([{ type: 'groups' }], [{ user: { name: 'u' }, groups: '{0}', domain: { id: 'd' } }]);
    for (const text of ["['admins']", "x', 'admins", 'x;admins', '{0}', '{{', "['a', 'b"])
      expect(mapped(rules, { groups: [text] }).groupNames).toEqual([{ name: text, domain: { id: 'd' } }]);
    const listed = asks([{ type: 'groups' }], [{ user: { name: 'u' }, groups: "['{0}']", domain: { id: 'd' } }]);
    expect(mapped(listed, { groups: ["x', 'admins"] }).groupNames).toHaveLength(1);
  });

  it('ends no process by a pattern that it goes astray in: the log-in is refused in a tenth of a second', () => {
    const rules = asks([{ type: 'name', any_one_of: ['^(a+)+$', '^(a|a)*$'], regex: true }]);
    const began = performance.now();
    expect(refusal(() => mapped(rules, { name: [`${'a'.repeat(5_000)}!`] }))).toMatchObject({ status: 401 });
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  it('has the time of one log-in for all of its patterns together', () => {
    const slow = { type: 'name', not_any_of: ['^(a+)+$'], regex: true };
    const began = performance.now();
    expect(
      refusal(() => mapped(asks(Array.from({ length: 50 }, () => slow)), { name: [`${'a'.repeat(22)}!`] })).status,
    ).toBe(401);
    expect(performance.now() - began).toBeLessThan(3_000);
  });
});

describe('rules that cannot be kept', () => {
  const refused = (rules: Rule[], version = '1.0'): OpenStackError => refusal(() => checkRules(rules, version));

  it('are those with patterns that are none, are no texts or are too long', () => {
    for (const pattern of ['(', '[', '(?P<', 7, null, {}, 'x'.repeat(2_000)])
      expect(refused(asks([{ type: 'name', any_one_of: [pattern], regex: true }]))).toMatchObject({ status: 400 });
    expect(() => checkRules(asks([{ type: 'name', any_one_of: ['(', 7] }]), '1.0')).not.toThrow();
  });

  it('are those of other versions, those with more than their version has, and those that are too long', () => {
    const rules = asks([{ type: 'name' }]);
    expect(refused(rules, '9.9')).toMatchObject({ status: 400 });
    expect(refused(rules, '3.0')).toMatchObject({ status: 501 });
    const inDomain = asks([{ type: 'name' }], [{ projects: [{ name: 'p', roles: [], domain: { id: 'd' } }] }]);
    expect(refused(inDomain)).toMatchObject({ status: 400 });
    expect(() => checkRules(inDomain, '2.0')).not.toThrow();
    expect(refused(asks([{ type: 'x'.repeat(70_000) }]))).toMatchObject({ status: 400 });
  });
});

describe('the claims of a token', () => {
  it('have the names that they have behind Apache, too, and their own kinds as texts', () => {
    const said = assertionOf({
      sub: 'u',
      'email.verified': true,
      age: 7,
      groups: ['a;b', 'c'],
      address: { city: 'L' },
    });
    for (const name of ['sub', 'OIDC-sub', 'OIDC_CLAIM_sub', 'HTTP_OIDC_SUB', 'HTTP_OIDC_CLAIM_SUB'])
      expect(said[name]).toEqual(['u']);
    expect(said['HTTP_OIDC_EMAIL_VERIFIED']).toEqual(['1']);
    expect(said['age']).toEqual(['7']);
    expect(said['groups']).toEqual(['a;b', 'c']);
    expect(said['address']).toEqual(['{"city":"L"}']);
  });
});
