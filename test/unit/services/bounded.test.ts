import { describe, expect, it } from 'vitest';
import { Bounded } from '#services/kernel/bounded';
import { settled, work } from '../../setup/work.js';

describe('bounded work', () => {
  it('runs as much at once as it may, the rest in the order in which it came, and refuses what is too much', async () => {
    const bounded = new Bounded({ atOnce: 2, waiting: 2 }, () => new Error('too much'));
    const log: string[] = [];
    const all = ['a', 'b', 'c', 'd'].map((name) => work(log, name));
    const results = all.map(({ run }) => bounded.run(run));
    await expect(bounded.run(work(log, 'e').run)).rejects.toThrow('too much');
    await settled();
    expect(log).toEqual(['a', 'b']);
    all[1]!.end();
    await settled();
    expect(log).toEqual(['a', 'b', 'c']);
    all[0]!.fail(new Error('broken'));
    await expect(results[0]).rejects.toThrow('broken');
    await settled();
    expect(log).toEqual(['a', 'b', 'c', 'd']);
    for (const { end } of all) end();
    expect(await Promise.all(results.slice(1))).toEqual(['b', 'c', 'd']);
    const [one, other] = [work(log, 'f'), work(log, 'g')];
    const after = [bounded.run(one.run), bounded.run(other.run)];
    await settled();
    expect(log.slice(-2)).toEqual(['f', 'g']);
    one.end();
    other.end();
    await Promise.all(after);
  });
});
