import type { IncomingMessage } from 'node:http';
import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { databaseError } from '#services/kernel/database-errors';
import { OpenStackError } from '#services/kernel/errors';
import type { Logger } from '#services/kernel/log';
import { errorAnswer, notTaken } from './error-answer.js';
import type { ApiRequest } from './request.js';

/** As much of a refused body is read and thrown away, for as long; on the machine it takes a fraction of a second. */
const DRAINED = { bytes: 64 << 20, ms: 2_000 };

/**
 * Reads on until the sender has sent his body, or has sent too much or for too long. Who is answered and cut off while he
 * sends never reads the answer: Linux resets a connection that is closed with bytes unread.
 */
async function drained(body: IncomingMessage): Promise<void> {
  let left = DRAINED.bytes;
  await new Promise<void>((resolve) => {
    const late = setTimeout(resolve, DRAINED.ms);
    const end = (): void => {
      clearTimeout(late);
      resolve();
    };
    for (const event of ['end', 'close', 'error'] as const) body.once(event, end);
    body.on('data', (part: Buffer) => {
      left -= part.length;
      if (left < 0) end();
    });
  });
}

/** The one place where an error becomes an answer, in the shape of the service that was asked. */
@Catch()
export class Faults implements ExceptionFilter {
  constructor(
    private readonly publicUrl: string,
    private readonly log: Logger,
    /** The methods that a path has, for one that it has not. */
    private readonly methodsOf: (url: string) => readonly string[],
  ) {}

  catch(caught: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<ApiRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const error = this.known(caught, request) ?? this.unexpected(caught, request);
    if (error.status >= 500 && error.cause !== undefined)
      this.log.error({ requestId: request.requestId, err: error.cause }, error.message);
    const { status, headers, body } = errorAnswer(error, request, this.publicUrl);
    const send = (): void => void reply.status(status).headers(headers).type('application/json').send(body);
    const closing = reply.getHeader('connection') === 'close' || request.headers.connection === 'close';
    if (closing && !request.raw.complete) void drained(request.raw).then(send);
    else send();
  }

  private unexpected(caught: unknown, request: ApiRequest): OpenStackError {
    this.log.error({ requestId: request.requestId, err: caught }, 'unexpected error');
    return new OpenStackError(
      500,
      'InternalServerError',
      `Unexpected API Error. Report it to the operator with this request id: ${request.requestId}.`,
    );
  }

  /** Errors of ours, of the database, of Nest's router and of Fastify's parsers. */
  private known(caught: unknown, request: ApiRequest): OpenStackError | undefined {
    if (caught instanceof OpenStackError) return caught;
    if (caught instanceof HttpException) return this.unrouted(caught, request);
    const { code, statusCode, message } = caught as { code?: string; statusCode?: number; message?: string };
    if (code === 'EFBIG') return new OpenStackError(413, 'HTTPRequestEntityTooLarge', message ?? '');
    if (code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET')
      return new OpenStackError(400, 'BadRequest', 'The body broke off.');
    if (statusCode === 413) return new OpenStackError(413, 'HTTPRequestEntityTooLarge', 'The body is too large.');
    if (statusCode === 415) return notTaken(request.headers['content-type']);
    if (statusCode === 400 || caught instanceof SyntaxError)
      return new OpenStackError(400, 'HTTPBadRequest', 'Malformed request body');
    return databaseError(caught);
  }

  /** What the router has no handler for: 405 where the path has other methods, as OpenStack's services answer. */
  private unrouted(caught: HttpException, request: ApiRequest): OpenStackError {
    const status = caught.getStatus();
    if (status !== 404) return new OpenStackError(status, 'HTTPError', caught.message);
    const methods = this.methodsOf(request.url);
    return methods.length === 0
      ? new OpenStackError(404, 'HTTPNotFound', 'The resource could not be found.')
      : new OpenStackError(
          405,
          'HTTPMethodNotAllowed',
          `The method ${request.method} is not allowed for this resource.`,
          {
            headers: { allow: methods.join(', ') },
          },
        );
  }
}
