import { describe, expect, it } from 'vitest';
import { Bounded } from '#services/kernel/bounded';

/** Work that ends when it is told. */
function work(log: string[], name: string) {
  let end: () => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const told = new Promise<void>((resolve, reject) => {
    [end, fail] = [resolve, reject];
  });
  const run = async (): Promise<string> => {
    log.push(name);
    await told;
    return name;
  };
  return { run, end, fail };
}
/** All that is ready to run has run. */
const settled = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

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
