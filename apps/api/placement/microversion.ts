import { OpenStackError, badRequest } from '#services/kernel/errors';
import { askedFor } from '../http/microversion.js';

/** The microversions of Placement that are served: all that its release 16 has. */
export const MAX_PLACEMENT_MINOR = 39;
export const MIN_PLACEMENT_VERSION = '1.0';
export const MAX_PLACEMENT_VERSION = `1.${MAX_PLACEMENT_MINOR}`;

/**
 * The minor that a request to Placement asks for; 0 when it asks for none (microversion_parse).
 * @throws 400 for what is no version, 406 for one that is not served
 */
export function negotiatePlacement(header: string | string[] | undefined): number {
  const asked = askedFor('placement', header);
  if (asked === undefined) return 0;
  if (asked === 'latest') return MAX_PLACEMENT_MINOR;
  const match = /^(\d+)\.(\d+)$/.exec(asked);
  if (!match) throw badRequest(`Invalid microversion: invalid version string: ${asked}`);
  if (Number(match[1]) !== 1 || Number(match[2]) > MAX_PLACEMENT_MINOR)
    throw new OpenStackError(406, 'HTTPNotAcceptable', `Invalid microversion: Unacceptable version header: ${asked}`);
  return Number(match[2]);
}
