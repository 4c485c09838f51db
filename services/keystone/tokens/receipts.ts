import { decode, encode } from '@msgpack/msgpack';
import { unauthorized } from '../../kernel/errors.js';
import type { MissingFactors } from '../factors.js';
import type { Proven } from '../methods/proof.js';
import type { Fernet } from './fernet.js';

/** What tells a receipt from a token, which the same keys seal. */
const KIND = 'receipt';
type Packed = [
  kind: typeof KIND,
  user: string,
  generation: number,
  methods: string[],
  issuedAt: number,
  expiresAt: number,
];

/** Says that a user has proven some of what his rules ask for: the rest is proven by the next request, which brings it along. */
export interface Receipt extends MissingFactors {
  readonly receipt: string;
  readonly methods: readonly string[];
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** Auth receipts (keystone/receipt), which are stored nowhere. */
export class Receipts {
  /** @param lifetime in seconds */
  constructor(
    private readonly fernet: Fernet,
    private readonly lifetime: number,
  ) {}

  /** @param now in seconds since 1970 */
  issue({ userId, generation, methods }: Proven, missing: MissingFactors, now: number): Receipt {
    const expiresAt = now + this.lifetime;
    const packed: Packed = [KIND, userId, generation, [...methods], now, expiresAt];
    return {
      receipt: this.fernet.seal(Buffer.from(encode(packed))),
      ...missing,
      methods,
      issuedAt: new Date(now * 1000),
      expiresAt: new Date(expiresAt * 1000),
    };
  }

  /** What a receipt shows. Alone it is good for nothing. @throws 401 for what is none of ours, and for one that has expired */
  open(receipt: string, now: number): Proven {
    const sealed = this.fernet.open(receipt);
    const packed = sealed && unpack(sealed);
    if (!packed || packed[5] <= now) throw unauthorized(`Could not find auth receipt: ${receipt}.`);
    const [, userId, generation, methods] = packed;
    return { userId, generation, methods, chain: [], expiresAt: Infinity, defaultProjectId: null };
  }
}

function unpack(sealed: Buffer): Packed | undefined {
  try {
    const packed = decode(sealed) as Packed;
    return Array.isArray(packed) && packed[0] === KIND ? packed : undefined;
  } catch {
    return undefined;
  }
}
