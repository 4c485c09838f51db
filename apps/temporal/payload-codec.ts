import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';

const ENCODING = Buffer.from('binary/novaflow-aes256gcm');
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts every payload with AES-256-GCM, so that Temporal's database and UI show none. Workflows carry no secret
 * anyway; this is for names and addresses too.
 */
export class EncryptionCodec implements PayloadCodec {
  private readonly key: Buffer;

  /** @param keyFile a file with 32 random bytes in base64 */
  constructor(keyFile: string) {
    this.key = Buffer.from(readFileSync(keyFile, 'utf8').trim(), 'base64');
    if (this.key.length !== 32)
      throw new Error(
        `TEMPORAL_PAYLOAD_KEY=${keyFile} must hold 32 bytes in base64: make it with openssl rand -base64 32.`,
      );
  }

  encode(payloads: Payload[]): Promise<Payload[]> {
    return Promise.resolve(payloads.map((payload) => this.seal(payload)));
  }

  decode(payloads: Payload[]): Promise<Payload[]> {
    return Promise.resolve(payloads.map((payload) => (isSealed(payload) ? this.open(payload) : payload)));
  }

  private seal(payload: Payload): Payload {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.key, iv);
    const plain = proto.temporal.api.common.v1.Payload.encode(payload).finish();
    const data = Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    return { metadata: { encoding: ENCODING }, data };
  }

  private open(payload: Payload): Payload {
    const data = Buffer.from(payload.data ?? []);
    const decipher = createDecipheriv('aes-256-gcm', this.key, data.subarray(0, IV_BYTES));
    decipher.setAuthTag(data.subarray(-TAG_BYTES));
    return proto.temporal.api.common.v1.Payload.decode(
      Buffer.concat([decipher.update(data.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]),
    );
  }
}

const isSealed = (payload: Payload): boolean => Buffer.from(payload.metadata?.['encoding'] ?? []).equals(ENCODING);
