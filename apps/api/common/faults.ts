import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { OpenStackError, databaseAway } from '#services/errors';
import type { Logger } from '#services/log';
import type { ApiRequest } from './request.js';

/** Nova's and Cinder's names of faults by status. */
const FAULT_NAMES: Record<number, string> = {
  400: 'badRequest',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'itemNotFound',
  405: 'badMethod',
  409: 'conflictingRequest',
  413: 'overLimit',
  415: 'badMediaType',
  429: 'overLimit',
  501: 'notImplemented',
  503: 'serviceUnavailable',
};
const TITLES: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  409: 'Conflict',
  413: 'Request Entity Too Large',
  415: 'Unsupported Media Type',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
};

type Shape = (error: OpenStackError, requestId: string) => object;

const keystone: Shape = ({ status, message }) => ({
  error: { code: status, title: TITLES[status] ?? 'Error', message },
});
const nova: Shape = ({ status, message }) => ({ [FAULT_NAMES[status] ?? 'computeFault']: { code: status, message } });
/** How each service writes an error, by the first part of its path. */
const SHAPES: Record<string, Shape> = {
  identity: keystone,
  compute: nova,
  volume: ({ status, message }) => ({ [FAULT_NAMES[status] ?? 'cinderFault']: { code: status, message } }),
  image: ({ status, message }) => ({
    message: `${message}<br /><br />\n\n\n`,
    code: `${status} ${TITLES[status] ?? 'Error'}`,
    title: TITLES[status] ?? 'Error',
  }),
  network: ({ type, message }) => ({ NeutronError: { type, message, detail: '' } }),
  'object-store': ({ status, message }) => ({ error: { code: status, title: TITLES[status] ?? 'Error', message } }),
  placement: ({ status, message }, requestId) => ({
    errors: [{ status, title: TITLES[status] ?? 'Error', detail: message, request_id: requestId }],
  }),
};

/** The one place where an error becomes an answer, in the shape of the service that was asked. */
@Catch()
export class Faults implements ExceptionFilter {
  constructor(
    private readonly publicUrl: string,
    private readonly log: Logger,
  ) {}

  catch(caught: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<ApiRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const error = known(caught, request) ?? this.unexpected(caught, request);
    if (error === caught && error.cause !== undefined)
      this.log.error({ requestId: request.requestId, err: error.cause }, error.message);
    const service = request.url.split('/')[1]?.split('?')[0] ?? '';
    // A 401 is written by the token check in front of the service, the same for all (keystonemiddleware).
    const shape = error.status === 401 ? keystone : (SHAPES[service] ?? nova);
    if (error.status === 401) void reply.header('WWW-Authenticate', `Keystone uri="${this.publicUrl}/identity"`);
    void reply
      .status(error.status)
      .headers(error.headers)
      .type('application/json')
      .send(shape(error, request.requestId));
  }

  private unexpected(caught: unknown, request: ApiRequest): OpenStackError {
    this.log.error({ requestId: request.requestId, err: caught }, 'unexpected error');
    if (isPrismaWithoutDatabase(caught)) return databaseAway(caught);
    return new OpenStackError(
      500,
      'InternalServerError',
      `Unexpected API Error. Report it to the operator with this request id: ${request.requestId}.`,
    );
  }
}

/** Errors of ours, of Nest's router and of Fastify's parsers. */
function known(caught: unknown, request: ApiRequest): OpenStackError | undefined {
  if (caught instanceof OpenStackError) return caught;
  const { code, statusCode, message } = caught as { code?: string; statusCode?: number; message?: string };
  if (caught instanceof HttpException) {
    const status = caught.getStatus();
    return status === 404
      ? new OpenStackError(404, 'HTTPNotFound', 'The resource could not be found.')
      : new OpenStackError(status, 'HTTPError', caught.message);
  }
  if (code === 'EFBIG') return new OpenStackError(413, 'HTTPRequestEntityTooLarge', message ?? '');
  if (code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET')
    return new OpenStackError(400, 'BadRequest', 'The body broke off.');
  if (statusCode === 413) return new OpenStackError(413, 'HTTPRequestEntityTooLarge', 'The body is too large.');
  if (statusCode === 415)
    return new OpenStackError(
      415,
      'HTTPUnsupportedMediaType',
      `The content type ${request.headers['content-type'] ?? ''} is not supported here; send application/json.`,
    );
  if (statusCode === 400 || caught instanceof SyntaxError)
    return new OpenStackError(400, 'HTTPBadRequest', 'Malformed request body');
  return undefined;
}

function isPrismaWithoutDatabase(caught: unknown): boolean {
  const { code, name, message } = caught as { code?: string; name?: string; message?: string };
  return (
    code === 'P1001' ||
    code === 'P2024' ||
    code === 'P2028' ||
    code === 'ECONNREFUSED' ||
    name === 'PrismaClientInitializationError' ||
    /(terminating connection|Connection terminated|Can't reach database|DatabaseNotReachable|ConnectionClosed|SocketTimeout|starting up|shutting down)/i.test(
      message ?? '',
    )
  );
}
