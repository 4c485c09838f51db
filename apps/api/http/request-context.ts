import type { FastifyInstance } from 'fastify';
import { onBehalfOf, type LogContext } from '#services/kernel/log-context';
import type { ApiRequest } from './request.js';

/** What OpenStack's services send along when one asks another in the course of a request. */
const REQUEST_ID = /^req-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What the log says of a request in each line. */
export function behalfOf({ requestId, headers }: ApiRequest): LogContext {
  const given = headers['x-openstack-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? { requestId, globalRequestId: given } : { requestId };
}

/** Everything that is done for a request from here on is done on its behalf. */
export function keepContext(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => onBehalfOf(behalfOf(request as ApiRequest), done));
  // A body was read by its connection's events, which belong to no request.
  fastify.addHook('preValidation', (request, _reply, done) => onBehalfOf(behalfOf(request as ApiRequest), done));
}
