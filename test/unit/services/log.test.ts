import { describe, expect, it } from 'vitest';
import { makeLogger } from '#services/kernel/log';
import { onBehalfOf } from '#services/kernel/log-context';

/** What a logger writes for these fields. */
function written(fields: object): Record<string, unknown> {
  const lines: string[] = [];
  makeLogger('test', 'info', { write: (line) => void lines.push(line) }).info(fields, 'said');
  return JSON.parse(lines[0]!) as Record<string, unknown>;
}

describe('a line of the log', () => {
  it('holds no secret, at any depth and in any spelling', () => {
    const secret = 'not to be read';
    const line = written({
      password: secret,
      a: { adminPass: secret, b: { c: { user_data: secret, d: [{ 'X-Auth-Token': secret, kept: 'kept' }] } } },
      headers: { Authorization: secret, 'x-subject-token': secret },
      list: [[{ deep: { admin_pass: secret } }]],
    });
    expect(JSON.stringify(line)).not.toContain(secret);
    expect(line).toMatchObject({ password: '***', a: { b: { c: { d: [{ kept: 'kept' }] } } } });
  });

  it('holds none of an error’s fields that are secrets, and its message and stack', () => {
    const err = Object.assign(new Error('failed'), { request: { headers: { authorization: 'hidden' } } });
    const line = written({ err }) as { err: { message: string; stack: string; request: object } };
    expect(line.err).toMatchObject({ message: 'failed', request: { headers: { authorization: '***' } } });
    expect(line.err.stack).toContain('log.test.ts');
  });

  it('ends somewhere, however deep a value is', () => {
    let value: object = { password: 'hidden' };
    for (let i = 0; i < 50; i++) value = { inner: value };
    const circle: Record<string, unknown> = { name: 'circle' };
    circle['itself'] = circle;
    expect(JSON.stringify(written({ value, circle }))).not.toContain('hidden');
  });

  it('says on whose behalf it is written, wherever that is, and only as long as that is so', async () => {
    const behalf = { requestId: 'req-1', step: 'spawnServer' };
    const inside = await onBehalfOf(behalf, async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return written({ ms: 5 });
    });
    expect(inside).toMatchObject({ ...behalf, ms: 5 });
    expect(behalf).toEqual({ requestId: 'req-1', step: 'spawnServer' });
    expect(written({})).not.toHaveProperty('requestId');
  });

  it('leaves the fields of the caller as they were', () => {
    const fields = { a: { token: 'mine' } };
    written(fields);
    expect(fields.a.token).toBe('mine');
  });
});
