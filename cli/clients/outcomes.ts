import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from '#config';

/** Why tests do not pass: a test's id or the beginning of several with `*` after it, a tab, and one sentence. */
const LIST = path.join(ROOT, 'test/clients/functional.tsv');

/** What came of a test; one line of test/clients/functional.py. */
export interface Outcome {
  /** Its id in Python: openstack.tests.functional.identity.v3.test_user.TestUser.test_user */
  readonly test: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** The reason of a skip, or the exception. */
  readonly why?: string;
  /** All that a failure said. */
  readonly detail?: string;
}

/** The tests of which it is known why they do not pass. */
export class Listed {
  private constructor(private readonly reasons: ReadonlyMap<string, string>) {}

  static async read(): Promise<Listed> {
    return Listed.of(await readFile(LIST, 'utf8'));
  }

  /** @throws Error for a line without a reason */
  static of(text: string): Listed {
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    return new Listed(
      new Map(
        lines.map((line) => {
          const [test = '', why = ''] = line.split('\t');
          if (why === '') throw new Error(`functional.tsv does not say why ${test} does not pass.`);
          return [test, why];
        }),
      ),
    );
  }

  /** Why a test does not pass; undefined when it should. */
  reasonOf(test: string): string | undefined {
    return this.lineOf(test)?.[1];
  }

  /** What is wrong with a run: each outcome that is not as the list says, in words. */
  wrong(outcomes: readonly Outcome[]): string[] {
    const wrong: string[] = [];
    for (const { test, outcome, why = '', detail } of outcomes) {
      const listed = this.reasonOf(test);
      if (outcome === 'passed' && listed !== undefined) wrong.push(`${test} passes, and is listed: ${listed}`);
      if (outcome !== 'passed' && listed === undefined)
        wrong.push(
          [`${test} ${outcome}, and is not listed: ${why}`, ...(detail === undefined ? [] : [detail])].join('\n'),
        );
    }
    return wrong;
  }

  /**
   * Lines of tests that are gone: those about what was run, which no test of the run matched.
   * @param ran the packages and modules whose tests were run, all of them
   */
  unused(outcomes: readonly Outcome[], ran: readonly string[]): string[] {
    const used = new Set(outcomes.map(({ test }) => this.lineOf(test)?.[0]));
    return [...this.reasons.keys()].filter(
      (line) => ran.some((name) => line.startsWith(`${name}.`)) && !used.has(line),
    );
  }

  private lineOf(test: string): readonly [string, string] | undefined {
    return [...this.reasons].find(([line]) =>
      line.endsWith('*') ? test.startsWith(line.slice(0, -1)) : test === line,
    );
  }
}

/** 3 passed, 1 failed, 2 skipped */
export function countOf(outcomes: readonly Outcome[]): string {
  const all = ['passed', 'failed', 'skipped'] as const;
  return all.map((kind) => `${outcomes.filter((o) => o.outcome === kind).length} ${kind}`).join(', ');
}
