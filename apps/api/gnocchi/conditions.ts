import { createHash } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import type { ResourceRow } from '#services/gnocchi/index';
import { OpenStackError } from '#services/kernel/errors';
import type { ApiRequest } from '../http/request.js';

const tagOf = ({ id, revision_start }: ResourceRow): string =>
  createHash('sha1').update(`${id}${revision_start}`).digest('hex');

/** In whole seconds, as the header has it; a second more where something of the next one has passed. */
function modified({ revision_start }: ResourceRow): number {
  return Math.ceil(Date.parse(revision_start) / 1_000) * 1_000;
}

const names = (header: string | undefined, tag: string): boolean =>
  header !== undefined &&
  header
    .split(',')
    .map((one) => one.trim().replace(/^W\//, '').replaceAll('"', ''))
    .some((one) => one === '*' || one === tag);
const timeOf = (header: string | undefined): number | undefined => {
  const time = Date.parse(header ?? '');
  return Number.isNaN(time) ? undefined : time;
};

/**
 * Whether a request is still meant for what the resource is (RFC 7232; gnocchi/rest/api.py: etag_precondition_check).
 * @throws 304, 412
 */
export function checkPreconditions({ headers, method }: ApiRequest, row: ResourceRow): void {
  const reads = method === 'GET' || method === 'HEAD';
  const [tag, last] = [tagOf(row), modified(row)];
  const failed = new OpenStackError(412, 'HTTPPreconditionFailed', 'The resource is not as it was.');
  const same = new OpenStackError(304, 'HTTPNotModified', '');
  const unmodified = timeOf(headers['if-unmodified-since']);
  if (headers['if-match'] !== undefined) {
    if (!names(headers['if-match'], tag)) throw failed;
  } else if (unmodified !== undefined && unmodified < last) throw failed;
  const since = timeOf(headers['if-modified-since']);
  if (headers['if-none-match'] !== undefined) {
    if (names(headers['if-none-match'], tag)) throw reads ? same : failed;
  } else if (reads && since !== undefined && since >= last) throw same;
}

/** Says which revision is answered. */
export const sayRevision = (reply: FastifyReply, row: ResourceRow): void =>
  void reply.header('etag', `"${tagOf(row)}"`).header('last-modified', new Date(modified(row)).toUTCString());
