/**
 * A driver's failure. `host`: this host cannot do it, another one may. `input`: no host can, with what was given.
 * `guest`: this guest refuses, does not exist, or is in the wrong state. `type` is the name of Nova's exception where
 * there is one. Every other error of a driver counts as temporary, and the step is retried.
 */
export class DriverError extends Error {
  override readonly name = 'DriverError';
  constructor(
    readonly blame: 'host' | 'input' | 'guest',
    readonly type: string,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}
