/**
 * A driver's failure. `host` says that this host cannot (another may), `input` that nobody can with what was given,
 * `guest` that this guest refuses, is not there, or is not in a state for it. `type` is Nova's name of the exception where
 * it has one. Any other error of a driver is taken for a passing one and tried again.
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
