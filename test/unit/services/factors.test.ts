import { describe, expect, it } from 'vitest';
import { missingFactors } from '#services/keystone/factors';

describe('a user’s own rules of what proves who he is', () => {
  const rules = [['password', 'totp'], ['token']];

  it('are met by all methods of one of them, and by any where there are none', () => {
    expect(missingFactors(rules, ['totp', 'password'])).toBeUndefined();
    expect(missingFactors(rules, ['token'])).toBeUndefined();
    expect(missingFactors(null, ['password'])).toBeUndefined();
    expect(missingFactors([], ['password'])).toBeUndefined();
  });

  it('say, where they are not met, which of them have begun to be', () => {
    expect(missingFactors(rules, ['password'])).toEqual([['password', 'totp']]);
    expect(missingFactors(rules, ['application_credential'])).toEqual([]);
  });

  it('lock nobody out by a method that there is not', () => {
    expect(missingFactors([['x'], ['y', 'z']], ['password'])).toBeUndefined();
    expect(missingFactors([['password', 'x']], ['password'])).toBeUndefined();
    expect(missingFactors([['x'], ['totp']], ['password'])).toEqual([]);
  });
});
