import { describe, expect, it } from 'vitest';
import { Listed } from '#cli/clients/outcomes';

describe('the list of the clients’ tests that do not pass', () => {
  const listed = Listed.of('# a remark\na.T.gone\tIt asks for v2.0.\na.v2.*\tThere is no v2.0.\n');

  it('fails a run for a test that is listed and passes', () => {
    expect(listed.wrong([{ test: 'a.T.gone', outcome: 'passed' }])).toEqual([
      'a.T.gone passes, and is listed: It asks for v2.0.',
    ]);
  });

  it('fails a run for a test that does not pass and is not listed, also if it skips itself', () => {
    expect(
      listed.wrong([
        { test: 'a.T.fails', outcome: 'failed', why: 'a 404', detail: 'all of it' },
        { test: 'a.T.skips', outcome: 'skipped', why: 'no service' },
        { test: 'a.T.passes', outcome: 'passed' },
      ]),
    ).toEqual([
      'a.T.fails failed, and is not listed: a 404\nall of it',
      'a.T.skips skipped, and is not listed: no service',
    ]);
  });

  it('holds for all tests that begin as a line with a star says', () => {
    expect(listed.wrong([{ test: 'a.v2.T.one', outcome: 'skipped', why: 'none' }])).toEqual([]);
    expect(listed.unused([{ test: 'a.v2.T.one', outcome: 'skipped' }], ['a.v2'])).toEqual([]);
  });

  it('names the lines of tests that are gone, of what was run alone', () => {
    expect(listed.unused([{ test: 'a.T.other', outcome: 'passed' }], ['a.T'])).toEqual(['a.T.gone']);
    expect(listed.unused([], ['a.v', 'b'])).toEqual([]);
  });

  it('takes no line without a reason', () => {
    expect(() => Listed.of('a.T.gone\n')).toThrow('functional.tsv does not say why a.T.gone does not pass.');
  });
});
