/** npm run policy: who may do what, with the operator's policy files in force. */
import { Command, Option } from 'commander';
import { loadConfig } from '#config';
import { abilityOf } from '#services/kernel/policy/abilities';
import {
  SERVICES,
  policies,
  readOverrides,
  type Credentials,
  type Rule,
  type Service,
} from '#services/kernel/policy/index';

/** A role with those that it implies, as a token has them. */
const ROLES = {
  admin: ['admin', 'manager', 'member', 'reader'],
  manager: ['manager', 'member', 'reader'],
  member: ['member', 'reader'],
  reader: ['reader'],
  service: ['service'],
} as const;
type Role = keyof typeof ROLES;

const program = new Command('npm run policy --')
  .description('Prints each rule, the check in force, whether a policy file changes it, and the scopes of its tokens.')
  .addOption(new Option('--service <name>', 'the rules of one service').choices([...SERVICES]))
  .addOption(
    new Option('--for <role>', 'also what a project’s user of a role may do: to all, to the own, or not').choices(
      Object.keys(ROLES),
    ),
  )
  .option('--changed', 'only the rules that a policy file changes')
  .parse();
const options = program.opts<{ service?: Service; for?: Role; changed?: boolean }>();

const userOf = (role: Role): Credentials => ({
  user_id: 'user',
  user_domain_id: 'domain',
  project_id: 'project',
  project_domain_id: 'domain',
  domain_id: null,
  system_scope: null,
  roles: ROLES[role],
  is_admin_project: true,
  service_roles: [],
});

const textOf = ({ text }: Rule): string =>
  typeof text === 'string' ? (text === '' ? '(everybody)' : text) : JSON.stringify(text);

function rowOf(rule: Rule): string[] {
  const { service, name, scopes, overridden } = rule;
  return [
    service,
    name,
    ...(options.for === undefined ? [] : [abilityOf(policies, rule, userOf(options.for))]),
    overridden ? 'overridden' : 'default',
    scopes.length === 0 ? 'any' : scopes.join(','),
    textOf(rule),
  ];
}

try {
  policies.override(readOverrides(loadConfig().policies));
  const rules = SERVICES.filter((service) => service === (options.service ?? service))
    .flatMap((service) => policies.of(service))
    .filter((rule) => rule.overridden || options.changed !== true);
  const rows = [
    ['service', 'rule', ...(options.for === undefined ? [] : [options.for]), 'from', 'scope', 'check'],
    ...rules.map(rowOf),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const row of rows)
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    );
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
