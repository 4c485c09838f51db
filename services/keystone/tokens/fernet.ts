import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

interface Key {
  readonly sign: Buffer;
  readonly encrypt: Buffer;
}

/**
 * Fernet (github.com/fernet/spec) on node:crypto. The npm packages of that name stand on an unmaintained JavaScript
 * AES; the format is version 0x80 | 64-bit time | 128-bit IV | AES-128-CBC | HMAC-SHA256, in URL-safe base64.
 */
export class Fernet {
  private keys: readonly Key[];

  /** @param keys 32-byte keys in base64, the newest first: it writes, all of them read (as in a key repository) */
  constructor(keys: readonly string[]) {
    this.keys = keysOf(keys);
  }

  /** Takes the newest keys into use now, where they may have changed (keys/key-ring.ts). */
  refresh(): void {
    return;
  }

  /** Takes other keys into use, all at once. */
  protected use(keys: readonly string[]): void {
    this.keys = keysOf(keys);
  }

  static generateKey(): string {
    return randomBytes(32).toString('base64url');
  }

  /** Names the key that writes without telling it: what was sealed by another one is found by that. */
  get primaryHash(): string {
    const { sign, encrypt } = this.keys[0]!;
    return createHash('sha256').update(sign).update(encrypt).digest('hex');
  }

  seal(plain: Buffer): string {
    const key = this.keys[0]!;
    const iv = randomBytes(16);
    const cipher = createCipheriv('aes-128-cbc', key.encrypt, iv);
    const head = Buffer.alloc(9);
    head[0] = 0x80;
    head.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 1000)), 1);
    const body = Buffer.concat([head, iv, cipher.update(plain), cipher.final()]);
    return Buffer.concat([body, createHmac('sha256', key.sign).update(body).digest()]).toString('base64url');
  }

  /**
   * The content, or undefined when no key of ours wrote it. There is one text for it, the one that `seal` gave: Node
   * decodes many others to the same bytes, and what is known under several names is found in no log and no cache.
   */
  open(token: string): Buffer | undefined {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.toString('base64url') !== token) return undefined;
    if (bytes.length < 73 || bytes[0] !== 0x80) return undefined;
    const body = bytes.subarray(0, -32);
    for (const key of this.keys) {
      if (!timingSafeEqual(createHmac('sha256', key.sign).update(body).digest(), bytes.subarray(-32))) continue;
      const decipher = createDecipheriv('aes-128-cbc', key.encrypt, body.subarray(9, 25));
      return Buffer.concat([decipher.update(body.subarray(25)), decipher.final()]);
    }
    return undefined;
  }
}

function keysOf(keys: readonly string[]): readonly Key[] {
  if (keys.length === 0) throw new Error('No fernet key.');
  return keys.map((key) => {
    const bytes = Buffer.from(key, 'base64url');
    if (bytes.length !== 32) throw new Error('A fernet key is 32 bytes in base64.');
    return { sign: bytes.subarray(0, 16), encrypt: bytes.subarray(16) };
  });
}
