import { describe, expect, it } from 'vitest';
import { Recent } from '#services/kernel/recent';

describe('A record that boots read again and again', () => {
  it('is read once, and again after a change', async () => {
    let reads = 0;
    const recent = new Recent((id) => Promise.resolve({ id, read: ++reads }));
    expect(await recent.get('m1')).toEqual({ id: 'm1', read: 1 });
    expect(await recent.get('m1')).toEqual({ id: 'm1', read: 1 });
    recent.forget();
    expect(await recent.get('m1')).toEqual({ id: 'm1', read: 2 });
  });

  it('is not kept when it changed while it was read', async () => {
    const found = [{ size: 1 }, { size: 2 }];
    const recent: Recent<{ size: number }> = new Recent(() => {
      const record = found.shift() ?? null;
      // The change commits after this read has seen the old record, and before its answer is here.
      if (record?.size === 1) recent.forget();
      return Promise.resolve(record);
    });
    expect(await recent.get('m1')).toEqual({ size: 1 });
    expect(await recent.get('m1')).toEqual({ size: 2 });
  });

  it('that is missing is looked for each time', async () => {
    const answers = [null, { name: 'new' }];
    const recent = new Recent<object>(() => Promise.resolve(answers.shift() ?? null));
    expect(await recent.get('m1')).toBeNull();
    expect(await recent.get('m1')).toEqual({ name: 'new' });
  });
});
