import { describe, expect, it } from 'vitest';
import { Fernet } from '#services/keystone/tokens/fernet';

describe('a Fernet token', () => {
  it('opens with the key that sealed it, also when a newer one writes, and with no other', () => {
    const [old, now, other] = [Fernet.generateKey(), Fernet.generateKey(), Fernet.generateKey()];
    const sealed = new Fernet([old]).seal(Buffer.from('content'));
    expect(new Fernet([now, old]).open(sealed)?.toString()).toBe('content');
    expect(new Fernet([other]).open(sealed)).toBeUndefined();
    const tampered = Buffer.from(sealed, 'base64url');
    tampered[tampered.length - 1]! ^= 1;
    expect(new Fernet([old]).open(tampered.toString('base64url'))).toBeUndefined();
  });

  it('of the specification opens, without the padding that Keystone takes off', () => {
    // github.com/fernet/spec, verify.json
    const key = 'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=';
    const token = 'gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA';
    expect(new Fernet([key]).open(token)?.toString()).toBe('hello');
  });
});
