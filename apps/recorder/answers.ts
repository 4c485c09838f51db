/**
 * Records what the compute API answers, for the tests' oracle: every answer of a whole test run is held against Nova's
 * own schemas. Development mode only, and only where the environment names a directory for
 * the records (NOVAFLOW_RECORD_ANSWERS); production imports nothing of this folder.
 */
import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { ApiRequest } from '#apps/api/http/request';

/** One line of a file of records. */
export interface RecordedAnswer {
  readonly method: string;
  /** Below the version's prefix, with its query, without a project's id: /servers/detail?limit=1 */
  readonly url: string;
  /** The microversion that it was answered at. */
  readonly minor: number;
  readonly status: number;
  /** The request's body, where it had one that could be read. */
  readonly asked?: unknown;
  /** The answer's body as it was sent. */
  readonly answer: string;
}

const PREFIX = '/compute/v2.1';

/**
 * Writes each answer before it is sent: what a client has seen is on record, also when the process is killed next.
 * Polling gets the same answer many times over; it is written once, and then a line with `again` for each.
 */
export function recordAnswers(fastify: FastifyInstance, directory: string): void {
  mkdirSync(directory, { recursive: true });
  const file = path.join(directory, `${process.pid}-${Date.now()}.jsonl`);
  const seen = new Set<string>();
  fastify.addHook('onSend', (raw, reply, payload, done) => {
    const { method, url, microversion, body } = raw as ApiRequest;
    if (url.startsWith(PREFIX)) {
      const record: RecordedAnswer = {
        method,
        url: url.slice(PREFIX.length),
        minor: microversion,
        status: reply.statusCode,
        ...(body === undefined || body === null ? {} : { asked: body }),
        answer: typeof payload === 'string' ? payload : '',
      };
      const line = JSON.stringify(record);
      const digest = createHash('sha1').update(line).digest('base64');
      appendFileSync(file, seen.has(digest) ? 'again\n' : `${line}\n`, { mode: 0o600 });
      seen.add(digest);
    }
    done(null, payload);
  });
}
