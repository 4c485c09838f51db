import { OpenStackError, unavailable } from '../kernel/errors.js';
import type { Fernet } from './tokens/fernet.js';

/** A credential's content as the database keeps it. */
export interface SealedBlob {
  readonly blob: string;
  /** Names the key that sealed it. */
  readonly key_hash: string;
}

/**
 * Keeps the contents of credentials sealed by keys of their own repository (keystone/credential/providers/fernet/core.py): who reads
 * the database learns no secret, and those of tokens are rotated more often.
 */
export class CredentialStore {
  /** @param repository the repository, which is read when it is needed first */
  constructor(private readonly repository: () => Fernet) {}

  /** @throws 503 where there are none yet: a cloud of before 0.5.0 had nothing to seal by them */
  private keys(): Fernet {
    try {
      return this.repository();
    } catch {
      throw unavailable('The keys of credentials cannot be read.');
    }
  }

  encryptBlob(text: string): SealedBlob {
    const ring = this.keys();
    // The hash first: a rotation between the two makes it an old one, whose blob is sealed again at the next migration.
    const key_hash = ring.primaryHash;
    return { blob: ring.seal(Buffer.from(text)), key_hash };
  }

  /** The content; undefined when no key of ours sealed it. */
  openBlob(blob: string): string | undefined {
    return this.keys().open(blob)?.toString();
  }

  /** @throws 500 in Keystone's words (CredentialEncryptionError) when no key of ours sealed it */
  decryptBlob(blob: string): string {
    const opened = this.openBlob(blob);
    if (opened === undefined)
      throw new OpenStackError(
        500,
        'InternalServerError',
        'Credential could not be decrypted. Please contact the administrator',
        { verdict: 'abort' },
      );
    return opened;
  }

  /** The name of the key that seals, as the repository has it now: a rotation that went unnoticed would lose what it does not count. */
  get primaryHash(): string {
    const ring = this.keys();
    ring.refresh();
    return ring.primaryHash;
  }
}
