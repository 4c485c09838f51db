import vm from 'node:vm';
import { unauthorized } from '../../kernel/errors.js';

/** Letters of the longest pattern of a rule: none that somebody reads again is longer. */
export const LONGEST_PATTERN = 1_024;
/**
 * How long the patterns of one log-in may run together, in ms. The api does nothing else meanwhile; patterns that do not
 * backtrack without end take microseconds.
 */
const BUDGET_MS = 100;

interface Compiled {
  readonly source: string;
  readonly flags: string;
}

/**
 * A pattern in Python's syntax as JavaScript has it: flags at its beginning, names of groups, and the ends of a text are written
 * otherwise. @returns undefined for what is no pattern
 */
export function compile(pattern: string): Compiled | undefined {
  const [start = '', letters = ''] = /^\(\?([aimsu]+)\)/.exec(pattern) ?? [];
  const flags = [...new Set(letters)].filter((flag) => 'ims'.includes(flag)).join('');
  const source = pattern
    .slice(start.length)
    .replaceAll(/\\[\s\S]|\(\?P<|\(\?P=(\w+)\)/g, (found, name: string | undefined) => {
      if (name !== undefined) return String.raw`\k<${name}>`;
      return (
        ({ '(?P<': '(?<', [String.raw`\A`]: '(?<![\\s\\S])', [String.raw`\Z`]: '(?![\\s\\S])' } as const)[found] ??
        found
      );
    });
  try {
    return { source: new RegExp(source, flags).source, flags };
  } catch {
    return undefined;
  }
}

/** Runs where V8 can be told to end it: it looks for that whenever a pattern backtracks. Patterns and values go in as JSON. */
const SEARCH = new vm.Script(`
  const compiled = JSON.parse(patterns).map(({ source, flags }) => new RegExp(source, flags));
  JSON.stringify(JSON.parse(values).filter((value) => compiled.some((one) => one.test(value))));`);

/**
 * The regular expressions of one log-in. What users call themselves at their provider is what they run on, so that one of them
 * could keep a process busy for good by a text that a careless pattern goes astray in: together they have a tenth of a second.
 */
export class PatternRun {
  private left = BUDGET_MS;

  /** Those of the values in which one of the patterns is found. @throws 401 when that takes too long */
  search(patterns: readonly string[], values: readonly string[]): string[] {
    const compiled = patterns.flatMap((pattern) => compile(pattern) ?? []);
    const context = vm.createContext({
      // Of rules that were not checked when they were written, patterns that are none match nothing.
      patterns: JSON.stringify(compiled),
      values: JSON.stringify(values),
    });
    const begun = performance.now();
    try {
      return JSON.parse(
        String(SEARCH.runInContext(context, { timeout: Math.max(1, Math.ceil(this.left)) })),
      ) as string[];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      throw unauthorized('A regular expression of the mapping takes too long with what the identity provider says.');
    } finally {
      this.left -= performance.now() - begun;
    }
  }
}
