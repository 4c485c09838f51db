import type { FastifyInstance } from 'fastify';
import type { OpenSpan, Tracing } from '#apps/tracing/index';
import { onBehalfOf, type LogContext } from '#services/kernel/log-context';
import type { ApiRequest } from './request.js';

/** What OpenStack's services send along when one asks another in the course of a request. */
const REQUEST_ID = /^req-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What the log says of a request in each line. */
export function behalfOf({ requestId, headers }: ApiRequest): LogContext {
  const given = headers['x-openstack-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? { requestId, globalRequestId: given } : { requestId };
}

/** Everything that is done for a request from here on is done on its behalf, and a part of its span where it is traced. */
export function keepContext(fastify: FastifyInstance, tracing: Tracing | undefined): void {
  const contexts = new WeakMap<object, LogContext>();
  const spans = new WeakMap<object, OpenSpan>();
  fastify.addHook('onRequest', (raw, _reply, done) => {
    const request = raw as ApiRequest;
    const span = tracing && beginSpan(tracing, request);
    const context = { ...behalfOf(request), ...(span ? { traceparent: span.traceparent } : {}) };
    contexts.set(request, context);
    if (span) spans.set(request, span);
    onBehalfOf(context, done);
  });
  // A body was read by its connection's events, which belong to no request.
  fastify.addHook('preValidation', (request, _reply, done) => onBehalfOf(contexts.get(request) ?? {}, done));
  if (!tracing) return;
  fastify.addHook('onResponse', (request, { statusCode }, done) => {
    spans.get(request)?.end({
      attributes: { 'http.response.status_code': statusCode },
      ...(statusCode < 500 ? {} : { error: String(statusCode) }),
    });
    done();
  });
}

function beginSpan(
  tracing: Tracing,
  { method, url, headers, routeOptions, requestId }: ApiRequest,
): OpenSpan | undefined {
  const route = routeOptions.url ?? 'unknown';
  const parent = headers['traceparent'];
  return tracing.begin(`${method} ${route}`, {
    kind: 'server',
    parent: typeof parent === 'string' ? parent : undefined,
    attributes: {
      'http.request.method': method,
      'http.route': route,
      'url.path': url.split('?')[0],
      'novaflow.request': requestId,
    },
  });
}
