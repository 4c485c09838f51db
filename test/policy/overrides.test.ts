import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Policies, ownTarget, readOverrides } from '#services/kernel/policy/index';
import { world } from './world.js';

const member = world.personas['member']!;
const service = world.personas['service']!;

describe("An operator's policy files", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'policies-'));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const write = (name: string, text: string): Promise<void> => writeFile(path.join(folder, name), text);
  const inForce = (): Policies => {
    const policies = new Policies();
    policies.override(readOverrides(folder));
    return policies;
  };

  it('may be absent, and then every rule is the default', () => {
    expect(readOverrides(path.join(folder, 'nothing'))).toEqual({});
    expect(
      inForce()
        .of('nova')
        .some((rule) => rule.overridden),
    ).toBe(false);
  });

  it('change the rules that they name, and no others', async () => {
    await write('nova.yaml', '"os_compute_api:servers:create": "role:admin"\n');
    await write('glance.yaml', '# nothing yet\n');
    const policies = inForce();
    expect(policies.allows('nova', 'os_compute_api:servers:create', member, ownTarget(member))).toBe(false);
    expect(policies.allows('nova', 'os_compute_api:servers:delete', member, ownTarget(member))).toBe(true);
    expect(policies.of('nova').filter((rule) => rule.overridden)).toMatchObject([
      { name: 'os_compute_api:servers:create', text: 'role:admin', scopes: ['project'] },
    ]);
  });

  it('change what other rules refer to, and may have rules of their own', async () => {
    await write('cinder.yaml', 'context_is_admin: "rule:storage_team"\nstorage_team: "role:service"\n');
    const policies = inForce();
    expect(policies.allows('cinder', 'volume_extension:quotas:update', service, {})).toBe(true);
  });

  it.each([
    ['nove.yaml', '', /nove\.yaml is the policy file of no service\. Name it keystone\.yaml, nova\.yaml,/],
    ['nova.yaml', 'a: [', /nova\.yaml is not YAML: /],
    ['nova.yaml', '- role:admin', /nova\.yaml does not map names of rules to checks\./],
    ['nova.yaml', 'admin_api: 7', /nova\.yaml: the check of admin_api is not text\./],
    [
      'nova.yaml',
      'admin_api: "role:admin or"',
      /the check of admin_api cannot be understood: a check is missing at its/,
    ],
    [
      'nova.yaml',
      '"os_compute_api:severs:index": "@"',
      /nova has no rule os_compute_api:severs:index, and no other rule/,
    ],
    ['nova.yaml', 'admin_api: "rule:cloud_admin"', /admin_api refers to rule:cloud_admin, which there is not\./],
    ['nova.yaml', 'a: "rule:b"\nb: "rule:a"', /refer to each other in a circle: a → b → a\./],
    ['nova.yaml', 'context_is_admin: "is_admin:True"', /in a circle: context_is_admin → context_is_admin\./],
  ])('that cannot be used stop the start with the reason: %s, %s', async (name, text, reason) => {
    await write(name, text);
    expect(() => readOverrides(folder)).toThrow(reason);
  });
});
