import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import type { TestCloud } from './clouds.js';
import type { Tenant } from './tenant.js';

/** A token of a tenant's own, for requests that are written by hand. */
export async function tokenOf(cloud: TestCloud, { userName, password }: Tenant): Promise<string> {
  const domain = { id: 'default' };
  const response = await fetch(`${cloud.authUrl}/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      auth: {
        identity: { methods: ['password'], password: { user: { name: userName, password, domain } } },
        scope: { project: { name: userName, domain } },
      },
    }),
  });
  return response.headers.get('x-subject-token') ?? '';
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** An upload that is sent piece by piece, so that a test decides what happens in the middle of it. */
export class SlowUpload {
  private readonly request: http.ClientRequest;
  /** The answer; null when the connection broke off before one came. */
  readonly answer: Promise<Answer | null>;

  /** @param length bytes that the upload announces */
  constructor(url: string, token: string, length: number, method = 'PUT') {
    this.request = http.request(url, {
      method,
      agent: false,
      headers: { 'x-auth-token': token, 'content-type': 'application/octet-stream', 'content-length': length },
    });
    this.answer = new Promise((resolve) => {
      this.request.on('error', () => resolve(null));
      this.request.on('response', (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
        response.on('error', () => resolve(null));
      });
    });
  }

  async send(bytes: number): Promise<void> {
    if (!this.request.write(Buffer.alloc(bytes, 'x'))) await once(this.request, 'drain');
  }
  end(): Promise<Answer | null> {
    this.request.end();
    return this.answer;
  }
  /** Breaks the connection off, as a client that crashes does. */
  destroy(): void {
    this.request.destroy();
  }
}

/** Names of the files in a cloud's object store that hold this text; those of uploads under way included. */
export async function storedFiles({ home }: TestCloud, text: string): Promise<string[]> {
  const files = await readdir(path.join(home, 'objects'), { recursive: true, withFileTypes: true });
  return files.filter((f) => f.isFile() && f.name.includes(text)).map((f) => f.name);
}
