import { describe, expect, it } from 'vitest';
import { base32, passcodeOf } from '#services/keystone/methods/totp';

describe('passcodes', () => {
  it('are those of RFC 6238, of which these are the last six digits', () => {
    const secret = Buffer.from('12345678901234567890');
    const at = (seconds: number): string => passcodeOf(secret, Math.floor(seconds / 30));
    expect([59, 1_111_111_109, 1_234_567_890, 2_000_000_000, 20_000_000_000].map(at)).toEqual([
      '287082',
      '081804',
      '005924',
      '279037',
      '353130',
    ]);
  });

  it('are made of secrets in base 32, with padding or without', () => {
    expect(base32('MZXW6YTBOI======')?.toString()).toBe('foobar');
    expect(base32('MZXW6YTB')?.toString()).toBe('fooba');
    expect(base32('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')?.toString()).toBe('12345678901234567890');
    for (const none of ['', '====', 'no secret', '{"a":1}', 'MZXW1']) expect(base32(none)).toBeUndefined();
  });
});
