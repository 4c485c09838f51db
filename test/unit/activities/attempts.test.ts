import { describe, expect, it } from 'vitest';
import { earlierAttempts, isTried, withAttempt } from '#workflows/engine/attempts';

const at = { startedAt: '2026-01-01T00:00:00.000Z', finishedAt: '2026-01-01T00:00:01.000Z' };

describe('the attempts of a step', () => {
  it('are counted on from those that were handed on, also where an operator had the server count anew', () => {
    const first = withAttempt([], { ...at, error: 'no' });
    expect(first).toEqual([{ n: 1, ...at, error: 'no' }]);
    expect(withAttempt(earlierAttempts(first, 2), at)).toEqual([...first, { n: 2, ...at }]);
    expect(withAttempt(earlierAttempts(first, 1), at).map(({ n }) => n)).toEqual([1, 2]);
  });

  it('have those in their places that could hand nothing on, since their worker was killed', () => {
    const first = withAttempt([], { ...at, error: 'no' });
    expect(earlierAttempts(first, 4).map(({ n, error }) => [n, error?.slice(0, 10)])).toEqual([
      [1, 'no'],
      [2, 'its worker'],
      [3, 'its worker'],
    ]);
    expect(earlierAttempts([], 1)).toEqual([]);
  });

  it('are the first and the newest of those of a step that is tried for days', () => {
    let all = withAttempt([], { ...at, error: 'first' });
    for (let i = 0; i < 1_000; i++) all = withAttempt(earlierAttempts(all, i + 2), { ...at, error: 'x'.repeat(5_000) });
    expect([all.length, all[0]?.error, all.at(-1)?.n, all.at(-1)?.error?.length]).toEqual([20, 'first', 1_001, 300]);
    const lost = earlierAttempts([], 1_000_000);
    expect([lost.length <= 20, lost.at(-1)?.n]).toEqual([true, 999_999]);
  });

  it('are not taken for a result', () => {
    for (const result of [undefined, null, 'done', [], {}, { attempts: [] }]) expect(isTried(result)).toBe(false);
    // As it is after its way through JSON, also of a step that has no result.
    expect(isTried(JSON.parse(JSON.stringify({ tried: true, result: undefined, attempts: [] })))).toBe(true);
  });
});
