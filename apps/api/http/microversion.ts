import { OpenStackError, badRequest } from '#services/kernel/errors';

/** The compute microversions that are served: 2.1 to 2.104. */
export const MIN_MINOR = 1;
export const MAX_MINOR = 104;
export const MAX_VERSION = `2.${MAX_MINOR}`;
export const MIN_VERSION = `2.${MIN_MINOR}`;

/**
 * The minor that a compute request asks for, by either header; the newer header wins, as in Nova.
 * @throws 400 for what is no version, 406 for one that is not served
 */
export function negotiate(headers: Readonly<Record<string, string | string[] | undefined>>): number {
  const asked = forCompute(headers['openstack-api-version']) ?? [headers['x-openstack-nova-api-version']].flat()[0];
  if (asked === undefined) return MIN_MINOR;
  if (asked === 'latest') return MAX_MINOR;
  const match = /^(\d+)\.(\d+)$/.exec(asked);
  if (!match)
    throw badRequest(`API Version String ${asked} is of invalid format. Must be of format MajorNum.MinorNum.`);
  const [major, minor] = [Number(match[1]), Number(match[2])];
  if (major !== 2 || minor < MIN_MINOR || minor > MAX_MINOR)
    throw new OpenStackError(
      406,
      'InvalidGlobalAPIVersion',
      `Version ${asked} is not supported by the API. Minimum is ${MIN_VERSION} and maximum is ${MAX_VERSION}.`,
    );
  return minor;
}

/** `OpenStack-API-Version: compute 2.104, placement 1.0` names each service's version. */
function forCompute(header: string | string[] | undefined): string | undefined {
  const parts = [header ?? []].flat().flatMap((h) => h.split(','));
  return parts.map((p) => p.trim().split(/\s+/)).find(([service]) => service === 'compute')?.[1];
}
