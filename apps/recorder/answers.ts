/**
 * Records what the compute and the identity API answer, for the tests' oracle: every answer of a whole test run is held
 * against the schemas of Nova and of Keystone. Passwords and secrets of the test's clouds are among them. Development mode only, and only where the environment names a directory for
 * the records (NOVAFLOW_RECORD_ANSWERS); production imports nothing of this folder.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { ApiRequest } from '#apps/api/http/request';

/** One line of a file of records. */
export interface RecordedAnswer {
  readonly service: keyof typeof PREFIXES;
  readonly method: string;
  /** Below the version's prefix, with its query, without a project's id: /servers/detail?limit=1 */
  readonly url: string;
  /** The microversion that it was answered at; the identity API has none, and this is 0. */
  readonly minor: number;
  readonly status: number;
  /** The request's body, where it had one that could be read. */
  readonly asked?: unknown;
  /** The answer's body as it was sent. */
  readonly answer: string;
}

const PREFIXES = { compute: '/compute/v2.1', identity: '/identity/v3' } as const;
const SERVICES = Object.keys(PREFIXES) as (keyof typeof PREFIXES)[];

/**
 * Writes each answer before it is sent: what a client has seen is on record, also when the process is killed next.
 * Polling gets the same answer many times over; it is written once, and then a line with `again`
 * and the service for each.
 */
export function recordAnswers(fastify: FastifyInstance, directory: string): void {
  mkdirSync(directory, { recursive: true });
  const file = path.join(directory, `${process.pid}-${Date.now()}.jsonl`);
  const seen = new Set<string>();
  fastify.addHook('onSend', (raw, reply, payload, done) => {
    const { method, url, microversion, body } = raw as ApiRequest;
    const service = SERVICES.find((name) => url.startsWith(PREFIXES[name]));
    if (service !== undefined) {
      const record: RecordedAnswer = {
        service,
        method,
        url: url.slice(PREFIXES[service].length),
        minor: service === 'compute' ? microversion : 0,
        status: reply.statusCode,
        ...(body === undefined || body === null ? {} : { asked: body }),
        answer: typeof payload === 'string' ? payload : '',
      };
      const line = JSON.stringify(record);
      const digest = createHash('sha1').update(line).digest('base64');
      appendFileSync(file, seen.has(digest) ? `again ${service}\n` : `${line}\n`, { mode: 0o600 });
      seen.add(digest);
    }
    done(null, payload);
  });
}
