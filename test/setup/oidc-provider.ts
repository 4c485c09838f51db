import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT, exportJWK, generateKeyPair, type CryptoKey, type JWK } from 'jose';

interface Key {
  readonly kid: string;
  readonly secret: CryptoKey;
  readonly open: JWK;
}
/** What a token is, where it is not as it should be. */
interface Forged {
  readonly issuer?: string;
  readonly audience?: string;
  /** As `jose` reads times: `1h`, `-1h`. */
  readonly expires?: string;
  /** It is signed by a key that is not the provider's, under the name of one that is. */
  readonly stranger?: true;
}

/** An OpenID Connect provider on this machine: discovery, keys, and access tokens that it signs. */
export class OidcProvider {
  /** How often its keys were asked for. */
  asked = 0;
  /** What its discovery document says in place of the truth. */
  lies: Readonly<Record<string, string>> = {};
  private keys: Key[] = [];

  private constructor(
    private readonly server: Server,
    /** What its tokens are for. */
    private readonly audience: string,
  ) {}

  static async start(audience: string): Promise<OidcProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const provider = new OidcProvider(server, audience);
    server.on('request', (request, response) => provider.answer(request, response));
    await provider.rotate();
    return provider;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** It signs with another key from here on, and says so. */
  async rotate(): Promise<void> {
    this.keys = [await makeKey(`key-${this.keys[0]?.kid ?? '0'}`)];
  }

  /** A token that says of somebody what is claimed. */
  async token(claims: Readonly<Record<string, unknown>>, forged: Forged = {}): Promise<string> {
    const own = this.keys[0]!;
    const { secret } = forged.stranger ? await makeKey(own.kid) : own;
    return new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'ES256', kid: own.kid })
      .setIssuer(forged.issuer ?? this.issuer)
      .setAudience(forged.audience ?? this.audience)
      .setIssuedAt()
      .setExpirationTime(forged.expires ?? '1h')
      .sign(secret);
  }

  private answer({ url }: IncomingMessage, response: ServerResponse): void {
    const answers: Readonly<Record<string, object>> = {
      '/.well-known/openid-configuration': {
        issuer: this.issuer,
        jwks_uri: `${this.issuer}/keys`,
        ...this.lies,
      },
      '/endless': { keys: [], more: 'x'.repeat(1_000_000) },
      '/keys': { keys: this.keys.map(({ open, kid }) => ({ ...open, kid, alg: 'ES256', use: 'sig' })) },
    };
    if (url === '/keys') this.asked++;
    if (url === '/elsewhere') {
      response.writeHead(302, { location: `${this.issuer}/keys` }).end();
      return;
    }
    const body = answers[url ?? ''];
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body ?? {}));
  }
}

async function makeKey(kid: string): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  return { kid, secret: privateKey, open: await exportJWK(publicKey) };
}
