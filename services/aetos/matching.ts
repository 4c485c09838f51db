import { lettersOf, matchesWildcards, type Wildcard } from '../kernel/wildcards.js';
import type { Labels } from './evaluate.js';
import type { Matcher, Selector } from './parse.js';
import { badQuery } from './words.js';

/** Letters of patterns times letters of labels that one query compares: some tenths of a second, in which nobody else is answered. */
const MOST_COMPARED = 20_000_000;

const isText = (pattern: readonly Wildcard[]): pattern is readonly string[] =>
  pattern.every((part) => typeof part === 'string');

/**
 * Makes what says whether labels are as a selector has them.
 * @returns throws 400 when what it was asked of is too much to compare with its patterns
 */
export function matching(selector: Selector): (labels: Labels) => boolean {
  let compared = 0;
  const spend = (letters: number): void => {
    compared += letters;
    if (compared > MOST_COMPARED) throw badQuery('it compares too many labels with patterns: name what is looked for');
  };
  const tests = selector.map((matcher) => testOf(matcher, spend));
  return (labels) => tests.every((test) => test(labels));
}

function testOf({ label, negated, any }: Matcher, spend: (letters: number) => void): (labels: Labels) => boolean {
  const texts = new Set(any.filter(isText).map((pattern) => pattern.join('')));
  const patterns = any.filter((pattern) => !isText(pattern));
  const letters = patterns.reduce((sum, pattern) => sum + pattern.length, 0);
  // A label has few values in many series.
  const known = new Map<string, boolean>();
  const matches = (value: string): boolean => {
    let found = known.get(value);
    if (found !== undefined) return found;
    spend(letters * (value.length + 1));
    const text = lettersOf(value);
    found = patterns.some((pattern) => matchesWildcards(pattern, text));
    known.set(value, found);
    return found;
  };
  return (labels) => {
    const value = Object.hasOwn(labels, label) ? labels[label]! : '';
    return (texts.has(value) || (patterns.length > 0 && matches(value))) !== negated;
  };
}
