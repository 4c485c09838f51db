import { createHmac, timingSafeEqual } from 'node:crypto';
import { databaseTime } from '../../kernel/clock.js';
import type { Database } from '../../kernel/database.js';
import { unauthorized } from '../../kernel/errors.js';
import type { Logins } from '../logins.js';
import { USED_PASSCODE, revokeUntil } from '../tokens/revocations.js';
import { findUser } from './find-user.js';
import type { Proven, Reference } from './proof.js';

/** keystone/auth/plugins/totp.py */
const DIGITS = 6;
const PERIOD_S = 30;

/** What passcodes are checked with. */
export interface TotpParts {
  readonly db: Database;
  readonly logins: Logins;
  /** Passcodes before the current one that are taken, too. */
  readonly windows: number;
  /** Opens what is kept of a credential. @returns undefined for what no key of ours wrote */
  readonly openBlob: (blob: string) => string | undefined;
}

/**
 * A passcode of a user's device (RFC 6238): the current one, or one of a few before it, and each of them once.
 * @throws 401 also for an unknown, locked or disabled user
 */
export async function byTotp(parts: TotpParts, proof: Reference & { readonly passcode: string }): Promise<Proven> {
  const { db, logins } = parts;
  const user = await findUser(db, proof);
  const credentials = await db.credential.findMany({ where: { user_id: user?.id ?? '', type: 'totp' } });
  const window = Math.floor((await databaseTime(db)).getTime() / 1000 / PERIOD_S);
  for (const { id, blob } of credentials) {
    const secret = base32(parts.openBlob(blob) ?? '');
    const matching = secret && windowOf(secret, proof.passcode, window, parts.windows);
    if (user === null || matching === undefined) continue;
    await logins.usable(user.id);
    if (!(await takeOnce(parts, id, matching))) continue;
    return {
      userId: user.id,
      generation: user.token_generation,
      methods: ['totp'],
      chain: [],
      expiresAt: Infinity,
      defaultProjectId: user.default_project_id,
    };
  }
  await logins.failed(user?.id ?? '');
  throw unauthorized();
}

/** The window that a passcode is of; undefined for none of those that are taken. */
function windowOf(secret: Buffer, passcode: string, current: number, before: number): number | undefined {
  const windows = Array.from({ length: before + 1 }, (_, back) => current - back);
  return windows.find((window) => {
    const right = Buffer.from(passcodeOf(secret, window));
    const given = Buffer.from(passcode);
    return given.length === right.length && timingSafeEqual(given, right);
  });
}

/** The passcode of a window (RFC 4226, 5.3). */
export function passcodeOf(secret: Buffer, window: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(window));
  const mac = createHmac('sha1', secret).update(counter).digest();
  const offset = mac[mac.length - 1]! & 0xf;
  const number = (mac.readUInt32BE(offset) & 0x7f_ff_ff_ff) % 10 ** DIGITS;
  return String(number).padStart(DIGITS, '0');
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648, with padding or without. @returns undefined for what is none */
export function base32(text: string): Buffer | undefined {
  const [, letters] = /^([A-Z2-7]+)=*$/.exec(text) ?? [];
  if (letters === undefined) return undefined;
  const bits = letters.replaceAll(/./g, (letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0'));
  const bytes = bits.match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
}

/** Remembers a passcode that was used, for as long as it would be taken. @returns false for one that was used before */
function takeOnce({ db, windows }: TotpParts, credentialId: string, window: number): Promise<boolean> {
  return revokeUntil(
    db,
    `${USED_PASSCODE}${credentialId}:${window}`,
    new Date((window + windows + 1) * PERIOD_S * 1000),
  );
}
