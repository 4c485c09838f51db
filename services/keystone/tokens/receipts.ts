import { decode, encode } from '@msgpack/msgpack';
import { unauthorized } from '../../kernel/errors.js';
import type { Proven } from '../methods/proof.js';
import type { Fernet } from './fernet.js';
import type { InDomain, TokenRow } from './token.js';

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
export interface Receipt {
  readonly receipt: string;
  readonly user: InDomain;
  readonly methods: readonly string[];
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  /** The methods that are enough together, of which some are missing: one of these lists. */
  readonly required: readonly (readonly string[])[];
}

/** Auth receipts (keystone/receipt), which are stored nowhere. */
export class Receipts {
  /** @param lifetime in seconds */
  constructor(
    private readonly fernet: Fernet,
    private readonly lifetime: number,
  ) {}

  /** @param now in seconds since 1970 */
  issue({ userId, generation, methods }: Proven, row: TokenRow, required: Receipt['required'], now: number): Receipt {
    const expiresAt = now + this.lifetime;
    const packed: Packed = [KIND, userId, generation, [...methods], now, expiresAt];
    return {
      receipt: this.fernet.seal(Buffer.from(encode(packed))),
      user: {
        id: row.user_id,
        name: row.user_name,
        domain: { id: row.user_domain_id, name: row.user_domain_name },
      },
      methods,
      issuedAt: new Date(now * 1000),
      expiresAt: new Date(expiresAt * 1000),
      required,
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
