import { statSync } from 'node:fs';
import { Fernet } from '../tokens/fernet.js';
import { keysOf, readRepository } from './repository.js';

/** How long a look at the file is used again, in ms: a rotation is in use everywhere a second later. A look costs some microseconds. */
const LOOK_MS = 1_000;

/**
 * The keys of a repository (repository.ts), as its file has them: a rotation needs no restart. What is sealed by a key that is not
 * known makes it look at once.
 */
export class KeyRing extends Fernet {
  private seen: string;
  private lookedAt = performance.now();

  /** @throws Error where there is no such file or no key in it */
  constructor(private readonly file: string) {
    const seen = stampOf(file);
    super(keysOf(readRepository(file)));
    this.seen = seen;
  }

  override get primaryHash(): string {
    this.look();
    return super.primaryHash;
  }

  override seal(plain: Buffer): string {
    this.look();
    return super.seal(plain);
  }

  override open(token: string): Buffer | undefined {
    this.look();
    return super.open(token) ?? (this.reread() ? super.open(token) : undefined);
  }

  override refresh(): void {
    this.reread();
  }

  private look(): void {
    if (performance.now() - this.lookedAt >= LOOK_MS) this.reread();
  }

  /** @returns whether there are other keys than before. A file that cannot be read leaves the keys as they are. */
  private reread(): boolean {
    this.lookedAt = performance.now();
    try {
      const stamp = stampOf(this.file);
      if (stamp === this.seen) return false;
      this.use(keysOf(readRepository(this.file)));
      this.seen = stamp;
      return true;
    } catch {
      return false;
    }
  }
}

/** A file that was replaced is another one, even within one tick of the clock. */
function stampOf(file: string): string {
  const { mtimeNs, ino, size } = statSync(file, { bigint: true });
  return `${mtimeNs}/${ino}/${size}`;
}

/** A repository that is read when it is needed first: processes that seal nothing by it need not have it. */
export function lazyKeyRing(file: string): () => KeyRing {
  let ring: KeyRing | undefined;
  return () => (ring ??= new KeyRing(file));
}
