import { OpenStackError, badRequest } from '#services/kernel/errors';
import { askedFor } from '../http/microversion.js';

/** The microversions of Cinder's API v3 that are served: all that its release 29 has. */
export const MIN_VOLUME_MINOR = 0;
export const MAX_VOLUME_MINOR = 71;
export const MIN_VOLUME_VERSION = `3.${MIN_VOLUME_MINOR}`;
export const MAX_VOLUME_VERSION = `3.${MAX_VOLUME_MINOR}`;

/**
 * The minor that a request to Cinder asks for; 0 when it asks for none (cinder/api/openstack/wsgi.py: set_api_version_request).
 * @throws 400 for what is no version, 406 for one that is not served
 */
export function negotiateVolume(header: string | string[] | undefined): number {
  const asked = askedFor('volume', header);
  if (asked === undefined) return 0;
  if (asked === 'latest') return MAX_VOLUME_MINOR;
  const match = /^([1-9]\d*)\.([1-9]\d*|0)$/.exec(asked);
  if (!match)
    throw badRequest(`API Version String ${asked} is of invalid format. Must be of format MajorNum.MinorNum.`);
  if (Number(match[1]) !== 3 || Number(match[2]) > MAX_VOLUME_MINOR)
    throw new OpenStackError(
      406,
      'InvalidGlobalAPIVersion',
      `Version ${asked} is not supported by the API. Minimum is ${MIN_VOLUME_VERSION} and maximum is ${MAX_VOLUME_VERSION}.`,
    );
  return Number(match[2]);
}
