import { describe, expect, it } from 'vitest';
import { evaluate } from '#services/kernel/policy/evaluate';
import { PolicySyntaxError, parseRule, type RuleText } from '#services/kernel/policy/parse';
import type { Target } from '#services/kernel/policy/index';
import { allowedPairs, pairs, rowsOf, world } from './world.js';

const expressions = (await rowsOf('policy', 'expressions.tsv')).map(([text, answers]) => ({ text: text!, answers }));
const none = (): undefined => undefined;
const member = world.personas['member']!;
const allows = (rule: RuleText, target: Target): boolean => evaluate(parseRule(rule), member, target, none);

describe('An expression of the policy language', () => {
  it.each(expressions)("means what it means to oslo.policy: '$text'", ({ text, answers }) => {
    const check = parseRule(text);
    const allowed = pairs.filter((p) => evaluate(check, p.credentials, p.target, none)).map((p) => p.pair);
    expect(allowed).toEqual(allowedPairs(answers!));
  });

  it('may be the lists of old policy files, the outer one joined by or and the inner by and', () => {
    expect(allows([], {})).toBe(true);
    expect(allows([[]], {})).toBe(false);
    expect(allows(['role:admin', ['role:member', 'role:reader']], {})).toBe(true);
    expect(allows([['role:member', 'role:admin'], 'role:service'], {})).toBe(false);
  });

  it('may call a project a tenant, as Neutron did', () => {
    expect(allows('tenant_id:%(tenant_id)s', { project_id: 'project-own' })).toBe(true);
    expect(allows('tenant_id:%(network:tenant_id)s', { 'network:project_id': 'project-own' })).toBe(true);
    expect(allows('tenant_id:%(network:tenant_id)s', { 'network:project_id': 'project-other' })).toBe(false);
  });

  it('may look at a field of the target, and at whether the network of a port is shared', () => {
    expect(allows('field:networks:shared=True', { shared: true })).toBe(true);
    expect(allows('field:networks:shared=True', { 'network:shared': true })).toBe(true);
    expect(allows('field:networks:shared=True', { shared: false, 'network:shared': true })).toBe(false);
    expect(allows('field:networks:shared=True', {})).toBe(false);
    expect(allows('field:networks:router:external=True', { 'router:external': true })).toBe(true);
    expect(allows('field:port:device_owner=~^network:', { device_owner: 'network:dhcp' })).toBe(true);
    expect(allows('field:port:device_owner=~^network:', { device_owner: 'compute:nova' })).toBe(false);
  });

  it.each([
    ['role:admin or', 'a check is missing at its end'],
    ['(role:admin', "a ')' is missing"],
    ['role:admin)', "')' does not belong there"],
    ['role:admin role:member', "'role:member' does not belong there"],
    ['admin', "'admin' is not a check: it has no ':'"],
    ["'a quoted text'", "''a' is not a check: it has no ':'"],
    ['user_id:%(user_id)d', "'%(user_id)d' has a '%' that is not part of %(name)s"],
    ['field:networks', "'field:networks' is not of the form field:RESOURCE:FIELD=VALUE"],
    ['field:port:device_owner=~(', "'(' is not a regular expression"],
    ['http://policies.example/', "'http://policies.example/' asks another server, which is not supported"],
  ])("that cannot be understood is refused with the reason: '%s'", (text, reason) => {
    expect(() => parseRule(text)).toThrow(new PolicySyntaxError(reason));
  });
});
