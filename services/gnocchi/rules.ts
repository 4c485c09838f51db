import type { Statements } from '../kernel/database.js';
import { rowType, rowsOf, text, type Row } from '../kernel/rows.js';

const RULE = rowType({ name: text, archive_policy_name: text, metric_pattern: text });
/** Which archive policy a metric gets that names none, by its name. */
export type ArchivePolicyRule = Row<typeof RULE>;

/** All rules, in the order in which they are asked (indexer: list_archive_policy_rules). */
export const readRules = (db: Statements): Promise<ArchivePolicyRule[]> => rowsOf(db, RULE)`
  SELECT name, archive_policy_name, metric_pattern FROM gnocchi.archive_policy_rules
  ORDER BY metric_pattern COLLATE "C" DESC, name COLLATE "C"`;

/** The rule for a metric: the first one whose pattern is as its name. */
export const matchingRule = (rules: readonly ArchivePolicyRule[], metric: string): ArchivePolicyRule | undefined =>
  rules.find(({ metric_pattern }) => matchesPattern(metric_pattern, metric));

/**
 * Whether a name is as a pattern of a shell says (Python's fnmatch): `*` any text, `?` any character, `[a-z]` one of some, `[!a-z]`
 * one of all others. It takes at most the product of both lengths, whatever the pattern: it steps back to the last `*` alone.
 */
export function matchesPattern(pattern: string, name: string): boolean {
  const parts = partsOf(pattern);
  let [at, part, star, from] = [0, 0, -1, 0];
  while (at < name.length) {
    const one = parts[part];
    if (one === '*') [star, from, part] = [part, at, part + 1];
    else if (one?.(name[at]!)) [at, part] = [at + 1, part + 1];
    else if (star >= 0) [part, from, at] = [star + 1, from + 1, from + 1];
    else return false;
  }
  return parts.slice(part).every((one) => one === '*');
}

type Part = '*' | ((character: string) => boolean);

function partsOf(pattern: string): Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at]!;
    const end = character === '[' ? pattern.indexOf(']', at + (pattern[at + 1] === '!' ? 3 : 2)) : -1;
    if (character === '*') parts.push('*');
    else if (character === '?') parts.push(() => true);
    else if (end < 0) parts.push((other) => other === character);
    else {
      parts.push(oneOf(pattern.slice(at + 1, end)));
      at = end;
    }
  }
  return parts;
}

function oneOf(set: string): Part {
  const not = set.startsWith('!');
  const members = not ? set.slice(1) : set;
  const ranges: (readonly [string, string])[] = [];
  for (let at = 0; at < members.length; at++) {
    const to = members[at + 1] === '-' && at + 2 < members.length ? members[at + 2]! : members[at]!;
    ranges.push([members[at]!, to]);
    if (members[at + 1] === '-' && at + 2 < members.length) at += 2;
  }
  return (character) => ranges.some(([from, to]) => from <= character && character <= to) !== not;
}
