/**
 * A driver's failure. `host` says that this host cannot (another may), `input` that nobody can with what was given.
 * Any other error of a driver is taken for a passing one and tried again.
 */
export class DriverError extends Error {
  override readonly name = 'DriverError';
  constructor(
    readonly blame: 'host' | 'input',
    readonly type: string,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}
