import { describe, expect, it } from 'vitest';
import { concurrently } from '#cli/bench/measure';
import { Turns } from '#services/kernel/turns';
import { settled, work } from '../../setup/work.js';

describe('turns', () => {
  it('let work of one key run one by one in the order in which it came, and work of other keys beside it', async () => {
    const turns = new Turns();
    const log: string[] = [];
    const [a, b, c] = [work(log, 'a'), work(log, 'b'), work(log, 'c')];
    const results = [turns.take(['p'], a.run), turns.take(['p'], b.run), turns.take(['q'], c.run)];
    await settled();
    expect(log).toEqual(['a', 'c']);
    for (const { end } of [c, a, b]) {
      end();
      await settled();
    }
    expect(await Promise.all(results)).toEqual(['a', 'b', 'c']);
  });

  it('go on after work that failed, whose error is its own caller’s alone', async () => {
    const turns = new Turns();
    const log: string[] = [];
    const [a, b] = [work(log, 'a'), work(log, 'b')];
    const failed = turns.take(['p'], a.run);
    const after = turns.take(['p'], b.run);
    b.end();
    a.fail(new Error('no'));
    await expect(failed).rejects.toThrow('no');
    expect(await after).toBe('b');
  });

  it('of several keys wait for every one of them, and nothing waits for work without a key', async () => {
    const turns = new Turns();
    const log: string[] = [];
    const [p, q, both, none] = [work(log, 'p'), work(log, 'q'), work(log, 'both'), work(log, 'none')];
    const all = [turns.take(['p'], p.run), turns.take(['q'], q.run), turns.take(['p', 'q'], both.run)];
    void turns.take([], none.run);
    p.end();
    await settled();
    expect(log.toSorted()).toEqual(['none', 'p', 'q']);
    q.end();
    both.end();
    none.end();
    expect(await Promise.all(all)).toEqual(['p', 'q', 'both']);
  });
});

describe('a bench that runs so many at a time', () => {
  it('runs all of them, never more at once, and counts those that fail', async () => {
    let [running, most] = [0, 0];
    const seen = new Set<number>();
    const { outcomes } = await concurrently(20, 3, async (index) => {
      most = Math.max(most, ++running);
      await settled();
      running--;
      seen.add(index);
      if (index % 10 === 9) throw new Error(`no ${index}`);
    });
    expect([seen.size, most, outcomes.length]).toEqual([20, 3, 20]);
    expect(outcomes.flatMap((o) => ('error' in o ? [o.error] : []))).toEqual(['no 9', 'no 19']);
  });
});
