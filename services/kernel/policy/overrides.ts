import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { within, type Check } from './check.js';
import { SERVICES, type Service } from './defaults/index.js';
import { parseRule, type RuleText } from './parse.js';
import { Policies, type Overrides } from './policies.js';

/** A policy file that cannot be used, with what to change. */
export class PolicyFileError extends Error {
  override readonly name = 'PolicyFileError';
}

/**
 * Reads an operator's policy files: one per service, `nova.yaml` and so on, each as OpenStack's own policy.yaml of that
 * service is: names of rules and their checks. A rule of a new name may stand there for others to use.
 * @param folder where they are; without the folder, or with an empty one, everything is OpenStack's default
 * @throws PolicyFileError for a file of no service, a rule that nobody knows or uses, a check that cannot be parsed or
 *   that refers to a rule that there is not, and for rules that refer to each other in a circle
 */
export function readOverrides(folder: string): Overrides {
  if (!existsSync(folder)) return {};
  const files = readdirSync(folder).filter((name) => !name.startsWith('.'));
  const overrides = Object.fromEntries(
    files.toSorted().map((name) => {
      const file = path.join(folder, name);
      const service = SERVICES.find((one) => `${one}.yaml` === name);
      if (service === undefined)
        throw new PolicyFileError(
          `${file} is the policy file of no service. Name it ${SERVICES.map((s) => `${s}.yaml`).join(', ')}.`,
        );
      return [service, readFile(file)];
    }),
  ) as Overrides;
  for (const service of Object.keys(overrides) as Service[])
    checkReferences(path.join(folder, `${service}.yaml`), service, overrides);
  return overrides;
}

function readFile(file: string): Record<string, RuleText> {
  let content: unknown;
  try {
    content = parse(readFileSync(file, 'utf8')) ?? {};
  } catch (error) {
    throw new PolicyFileError(`${file} is not YAML: ${(error as Error).message}`);
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw new PolicyFileError(`${file} does not map names of rules to checks.`);
  for (const [name, rule] of Object.entries(content)) {
    if (!isRuleText(rule)) throw new PolicyFileError(`${file}: the check of ${name} is not text.`);
    try {
      parseRule(rule);
    } catch (error) {
      throw new PolicyFileError(`${file}: the check of ${name} cannot be understood: ${(error as Error).message}.`);
    }
  }
  return content as Record<string, RuleText>;
}

const isRuleText = (value: unknown): value is RuleText =>
  typeof value === 'string' ||
  (Array.isArray(value) &&
    value.every((one) => typeof one === 'string' || (Array.isArray(one) && one.every((x) => typeof x === 'string'))));

function checkReferences(file: string, service: Service, overrides: Overrides): void {
  const known = new Policies();
  const inForce = new Policies();
  inForce.override(overrides);
  const rules = new Map(inForce.of(service).map(({ name, check }) => [name, referencesOf(check)]));
  const used = new Set([...rules.values()].flat());
  for (const name of Object.keys(overrides[service] ?? {})) {
    if (!known.has(service, name) && !used.has(name))
      throw new PolicyFileError(`${file}: ${service} has no rule ${name}, and no other rule refers to it.`);
    const missing = rules.get(name)!.find((one) => !rules.has(one));
    if (missing !== undefined)
      throw new PolicyFileError(`${file}: the check of ${name} refers to rule:${missing}, which there is not.`);
    const circle = circleFrom(name, rules);
    if (circle !== undefined)
      throw new PolicyFileError(`${file}: these rules refer to each other in a circle: ${circle.join(' → ')}.`);
  }
}

/** The rules that a check asks by name; `is_admin` asks the one that says who is an administrator. */
const referencesOf = (check: Check): string[] =>
  [...within(check)].flatMap((one) =>
    one.kind === 'rule' ? [one.name] : one.kind === 'is_admin' ? ['context_is_admin'] : [],
  );

function circleFrom(
  name: string,
  rules: ReadonlyMap<string, readonly string[]>,
  way: readonly string[] = [],
): string[] | undefined {
  if (way.includes(name)) return [...way.slice(way.indexOf(name)), name];
  for (const next of rules.get(name) ?? []) {
    const circle = circleFrom(next, rules, [...way, name]);
    if (circle !== undefined) return circle;
  }
  return undefined;
}
