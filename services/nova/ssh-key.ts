import { createHash, createPublicKey, X509Certificate, type JsonWebKey } from 'node:crypto';
import { badRequest, type OpenStackError } from '../kernel/errors.js';

/** The curves of ECDSA keys: SSH's name, the web's, and the bytes of one coordinate. */
const CURVES: Readonly<Record<string, readonly [crv: string, bytes: number]>> = {
  nistp256: ['P-256', 32],
  nistp384: ['P-384', 48],
  nistp521: ['P-521', 66],
};
/** RSA moduli in bits: OpenSSH refuses fewer, and OpenSSL more. */
const RSA_BITS = { least: 1024, most: 16_384 };
const ED25519_BYTES = 32;

/**
 * One line: a type, the key in base 64, and a comment. A line break inside would make it two keys in the guest. What may
 * follow the line is cut off before: an expression that took it, too, would try each split of 64 KiB of spaces.
 */
const LINE = /^([^\s]+)[ \t]+([A-Za-z0-9+/]+={0,2})(?:[ \t][^\r\n]*)?$/;

/**
 * MD5 of an SSH key's bytes in colon-separated pairs: what Nova shows (nova/crypto.py generate_fingerprint).
 * @param publicKey as in authorized_keys; line breaks at its end are no part of it
 * @throws 400 unless there is one whole key in it, of a type that OpenSSH takes
 */
export function sshFingerprint(publicKey: string): string {
  const [, type, encoded] = LINE.exec(publicKey.trimEnd()) ?? [];
  const bytes = Buffer.from(encoded ?? '', 'base64');
  if (type === undefined || bytes.toString('base64') !== encoded || !isKey(type, bytes))
    throw invalid('failed to generate fingerprint');
  return pairs(createHash('md5').update(bytes).digest('hex'));
}

/**
 * SHA-1 of a certificate in colon-separated pairs (nova/crypto.py generate_x509_fingerprint).
 * @param pem a certificate in PEM
 * @throws 400 when it is none
 */
export function x509Fingerprint(pem: string): string {
  try {
    return new X509Certificate(pem).fingerprint.toLowerCase();
  } catch {
    throw invalid('failed to generate X509 fingerprint. Error message: it is not a certificate in PEM.');
  }
}

const invalid = (reason: string): OpenStackError => badRequest(`Keypair data is invalid: ${reason}`);
const pairs = (hex: string): string => hex.match(/../g)!.join(':');

/** Whether the bytes are a key of the type and nothing else (RFC 4253, 5656, 8709; OpenSSH's PROTOCOL.u2f). */
function isKey(type: string, bytes: Buffer): boolean {
  const fields = fieldsOf(bytes);
  if (fields?.[0]?.toString('latin1') !== type) return false;
  const [, ...parts] = fields;
  switch (type) {
    case 'ssh-rsa':
      return parts.length === 2 && isRsa(parts[0]!, parts[1]!);
    case 'ssh-ed25519':
      return parts.length === 1 && parts[0]!.length === ED25519_BYTES;
    case 'sk-ssh-ed25519@openssh.com':
      return parts.length === 2 && parts[0]!.length === ED25519_BYTES && parts[1]!.length > 0;
    case 'ecdsa-sha2-nistp256':
    case 'ecdsa-sha2-nistp384':
    case 'ecdsa-sha2-nistp521':
      return parts.length === 2 && isPoint(type.slice('ecdsa-sha2-'.length), parts[0]!, parts[1]!);
    case 'sk-ecdsa-sha2-nistp256@openssh.com':
      return parts.length === 3 && isPoint('nistp256', parts[0]!, parts[1]!) && parts[2]!.length > 0;
    default:
      return false;
  }
}

/** Strings, each after its length in 32 bits (RFC 4251); undefined when they do not end where the bytes do. */
function fieldsOf(bytes: Buffer): Buffer[] | undefined {
  const fields: Buffer[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) return undefined;
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) return undefined;
    fields.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return fields;
}

function isRsa(exponent: Buffer, modulus: Buffer): boolean {
  const [e, n] = [exponent, modulus].map(numberOf);
  if (e === undefined || n === undefined || e < 3n || e >= n || e % 2n === 0n || n % 2n === 0n) return false;
  const bits = n.toString(2).length;
  return bits >= RSA_BITS.least && bits <= RSA_BITS.most;
}

/** A positive number. Undefined if it is negative, empty, or longer than that of any key. */
function numberOf(bytes: Buffer): bigint | undefined {
  if (bytes.length === 0 || bytes.length > RSA_BITS.most / 8 + 1 || bytes[0]! >= 0x80) return undefined;
  return BigInt(`0x${bytes.toString('hex')}`);
}

/** Whether it is an uncompressed point of the curve. */
function isPoint(curve: string, name: Buffer, point: Buffer): boolean {
  const [crv, bytes] = CURVES[curve]!;
  if (name.toString('latin1') !== curve || point.length !== 1 + 2 * bytes || point[0] !== 4) return false;
  const coordinate = (at: number): string => point.subarray(at, at + bytes).toString('base64url');
  const key: JsonWebKey = { kty: 'EC', crv, x: coordinate(1), y: coordinate(1 + bytes) };
  try {
    createPublicKey({ key, format: 'jwk' });
    return true;
  } catch {
    return false;
  }
}
