/**
 * What a failed operation means for a boot that needed it:
 * `retry` it may pass; `reschedule` this host cannot; `abort` nobody can; `deleted` the server is going away.
 */
export type Verdict = 'retry' | 'reschedule' | 'abort' | 'deleted';

interface ErrorOptions {
  /** `retry` from 500 on, else `abort`, unless it is given. */
  readonly verdict?: Verdict;
  readonly headers?: Record<string, string>;
  readonly cause?: unknown;
}

/**
 * The one error that services throw. `type` is OpenStack's name of the exception, `status` its HTTP code. It is
 * mapped to HTTP in apps/api/http/faults.ts and to a Temporal failure in activities/failures.ts, and nowhere else.
 */
export class OpenStackError extends Error {
  override readonly name = 'OpenStackError';
  readonly verdict: Verdict;

  constructor(
    readonly status: number,
    readonly type: string,
    message: string,
    options: ErrorOptions = {},
  ) {
    super(message, { cause: options.cause });
    this.verdict = options.verdict ?? (status >= 500 ? 'retry' : 'abort');
    this.headers = options.headers ?? {};
  }

  readonly headers: Record<string, string>;
}

export const badRequest = (message: string): OpenStackError => new OpenStackError(400, 'BadRequest', message);
export const unauthorized = (message = 'The request you have made requires authentication.'): OpenStackError =>
  new OpenStackError(401, 'Unauthorized', message);
export const forbidden = (message: string): OpenStackError => new OpenStackError(403, 'Forbidden', message);
export const notFound = (type: string, message: string, options?: ErrorOptions): OpenStackError =>
  new OpenStackError(404, type, message, options);
export const conflict = (type: string, message: string, options?: ErrorOptions): OpenStackError =>
  new OpenStackError(409, type, message, options);
/** The server is being deleted, or another round of its boot has begun: what asked must stop and undo. */
export const serverGone = (id: string): OpenStackError =>
  new OpenStackError(409, 'InstanceDisappeared', `Instance ${id} is being deleted.`, { verdict: 'deleted' });
/** The database cannot be reached, or keeps a statement waiting. */
export const databaseAway = (cause: unknown): OpenStackError =>
  new OpenStackError(503, 'ServiceUnavailable', 'The database does not answer for now; try again.', {
    headers: { 'retry-after': '5' },
    cause,
  });
/** Another service does not answer for now. */
export const unavailable = (message: string): OpenStackError =>
  new OpenStackError(503, 'ServiceUnavailable', message, { headers: { 'retry-after': '5' } });
