import { isErrorOf } from '../setup/error-shapes.js';
import type { WireAnswer, WireRequest } from './wire.js';

/** An error names what is wrong; it does not send back all that it was sent. */
const ERROR_BYTES = 8_192;
/** What only the inside knows. */
const INSIDE =
  /fastify|nestjs|node_modules|node:|prisma|FST_|\bERR_|ECONN|HPE_|is not a function|of undefined|TypeError|RangeError|SyntaxError|\bat \S+ \(|\.[jt]s:\d+|violates|constraint (?:"|failed|violated)|invalid input syntax/i;

/** What is wrong with an answer; nothing when it is as it should be. */
export function faultsOf(request: WireRequest, answer: WireAnswer): string[] {
  const { status, headers, body } = answer;
  // Who leaves before he has sent his request need not be answered.
  if (status === 0) return request.cut ? [] : ['no answer'];
  const faults: string[] = [];
  if (status >= 500 && status !== 501) faults.push(`${status}`);
  if (!/^req-[0-9a-f-]{36}$/.test(headers.get('x-openstack-request-id') ?? ''))
    faults.push(`${status} without a request id`);
  if (status < 400 || request.method === 'HEAD') return faults;
  const path = request.target.replace(/^http:\/\/cloud/, '');
  if (!isErrorOf(path, status, body)) faults.push(`${status} in a wrong shape`);
  if (body.length > ERROR_BYTES) faults.push(`${status} of ${Math.round(body.length / 1024)} KiB`);
  const inside = INSIDE.exec(body)?.[0];
  if (inside !== undefined && !request.target.includes(inside)) faults.push(`names the inside: ${inside}`);
  return faults;
}
