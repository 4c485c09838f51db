import type { Check, Template } from './check.js';

/** A rule that cannot be understood, with what is wrong about it. */
export class PolicySyntaxError extends Error {
  override readonly name = 'PolicySyntaxError';
}

/** What a policy file may hold for a rule: an expression, or oslo's old lists (the outer one joined by or, the inner by and). */
export type RuleText = string | readonly (string | readonly string[])[];

/**
 * Parses a rule, as oslo_policy/_parser.py does. `not` binds closer than `and`, and `and` closer than `or`; the empty
 * rule allows everybody. `tenant_id` is read as `project_id`, as Neutron's rules had it until 2026.
 * Unlike oslo.policy, which logs and refuses, this stops at what it does not understand.
 * @throws PolicySyntaxError
 */
export function parseRule(rule: RuleText): Check {
  if (typeof rule !== 'string') return parseLists(rule);
  const tokens = tokenize(rule);
  if (tokens.length === 0) return { kind: 'always' };
  const rest = new Tokens(tokens);
  const check = parseOr(rest);
  const left = rest.next();
  if (left !== undefined) throw new PolicySyntaxError(`'${left}' does not belong there`);
  return check;
}

function parseLists(rule: Exclude<RuleText, string>): Check {
  if (rule.length === 0) return { kind: 'always' };
  const checks = rule
    .filter((inner) => inner.length > 0)
    .map((inner) => joined('and', [inner].flat().map(parseAtom), { kind: 'never' }));
  return joined('or', checks, { kind: 'never' });
}

class Tokens {
  private at = 0;
  constructor(private readonly tokens: readonly string[]) {}

  next(): string | undefined {
    return this.tokens[this.at++];
  }
  /** Takes the next token if it is the word, in any capitals. */
  takes(word: string): boolean {
    if (this.tokens[this.at]?.toLowerCase() !== word) return false;
    this.at += 1;
    return true;
  }
}

/** Parentheses stand alone at the ends of a word; within a word they belong to `%(name)s`. */
function tokenize(rule: string): string[] {
  return rule
    .split(/\s+/)
    .filter((word) => word !== '')
    .flatMap((word) => {
      const [, open = '', body = '', close = ''] = /^(\(*)(.*?)(\)*)$/s.exec(word)!;
      return [open.split(''), body === '' ? [] : body, close.split('')].flat();
    });
}

const joined = (kind: 'and' | 'or', checks: readonly Check[], none: Check): Check =>
  checks.length > 1 ? { kind, checks } : (checks[0] ?? none);

function parseOr(tokens: Tokens): Check {
  const checks = [parseAnd(tokens)];
  while (tokens.takes('or')) checks.push(parseAnd(tokens));
  return joined('or', checks, { kind: 'never' });
}

function parseAnd(tokens: Tokens): Check {
  const checks = [parseNot(tokens)];
  while (tokens.takes('and')) checks.push(parseNot(tokens));
  return joined('and', checks, { kind: 'never' });
}

function parseNot(tokens: Tokens): Check {
  if (tokens.takes('not')) return { kind: 'not', check: parseNot(tokens) };
  if (!tokens.takes('(')) return parseAtom(tokens.next());
  const check = parseOr(tokens);
  if (!tokens.takes(')')) throw new PolicySyntaxError("a ')' is missing");
  return check;
}

function parseAtom(token: string | undefined): Check {
  if (token === '@') return { kind: 'always' };
  if (token === '!') return { kind: 'never' };
  if (token === undefined) throw new PolicySyntaxError('a check is missing at its end');
  const colon = token.indexOf(':');
  if (colon === -1) throw new PolicySyntaxError(`'${token}' is not a check: it has no ':'`);
  const kind = token.slice(0, colon);
  const match = token.slice(colon + 1);
  switch (kind) {
    case 'rule':
      return { kind, name: match };
    case 'role':
      return { kind, role: template(match) };
    case 'is_admin':
      return { kind, value: template(match) };
    case 'field':
      return parseField(match);
    case 'http':
    case 'https':
      throw new PolicySyntaxError(`'${token}' asks another server, which is not supported`);
    default: {
      const constant = constantOf(kind);
      const value = template(match);
      return constant === undefined
        ? { kind: 'attribute', path: aliased(kind), value }
        : { kind: 'constant', constant, value };
    }
  }
}

/** What Python's literal_eval would make of the left side, as str() writes it; undefined where it is an attribute's path. */
function constantOf(text: string): string | undefined {
  if (/^(None|True|False|-?\d+(\.\d+)?)$/.test(text)) return text;
  return /^(['"])(.*)\1$/.exec(text)?.[2];
}

function parseField(match: string): Check {
  const [, resource, field, value] = /^([^:]+):(.+?)=(.*)$/.exec(match) ?? [];
  if (resource === undefined || field === undefined || value === undefined)
    throw new PolicySyntaxError(`'field:${match}' is not of the form field:RESOURCE:FIELD=VALUE`);
  if (!value.startsWith('~')) return { kind: 'field', resource, field, value };
  try {
    // Python's match() begins at the beginning.
    return { kind: 'field', resource, field, value, pattern: new RegExp(`^(?:${value.slice(1)})`) };
  } catch {
    throw new PolicySyntaxError(`'${value.slice(1)}' is not a regular expression`);
  }
}

/** Reads `%(name)s`, the one form of Python's formatting that rules use. */
function template(text: string): Template {
  const pieces = text.split(/%\(([^)]*)\)s/);
  const constants = pieces.filter((_, i) => i % 2 === 0);
  if (constants.some((one) => one.replaceAll('%%', '').includes('%')))
    throw new PolicySyntaxError(`'${text}' has a '%' that is not part of %(name)s`);
  return {
    constants: constants.map((one) => one.replaceAll('%%', '%')),
    keys: pieces.filter((_, i) => i % 2 === 1).map(aliased),
  };
}

/** Neutron's old name of the project: `tenant_id`, and `network:tenant_id` for the one of a parent. */
const aliased = (name: string): string => name.replace(/(^|:)tenant_id$/, '$1project_id');
