import { OpenStackError, conflict } from '../kernel/errors.js';
import { overlaps, parseRange, versionOf } from './ipam.js';

const NAMES = ['remote_ip_prefix', 'source_ip_prefix', 'destination_ip_prefix'] as const;
/** What a rule's traffic comes from or goes to. */
export type Prefixes = Partial<Readonly<Record<(typeof NAMES)[number], string | null | undefined>>>;

const invalid = (why: string): OpenStackError => new OpenStackError(400, 'Invalid', why);

/**
 * The prefixes of a new rule, an address alone as the prefix of one. Host bits are kept, as Neutron keeps them.
 * @throws 400 in the words of neutron/services/metering/metering_plugin.py
 */
export function checkedPrefixes(given: Prefixes): Prefixes {
  const prefixes = Object.fromEntries(NAMES.map((name) => [name, checked(name, given[name])]));
  const { remote_ip_prefix: remote, source_ip_prefix: source, destination_ip_prefix: destination } = prefixes;
  if (remote && (source || destination))
    throw invalid("Cannot use 'remote-ip-prefix' in conjunction with 'source-ip-prefix' or 'destination-ip-prefix'.");
  if (!remote && !source && !destination)
    throw invalid(
      "You must define at least one of the following parameters 'remote_ip_prefix', or 'source_ip_prefix' or 'destination_ip_prefix'.",
    );
  return prefixes;
}

function checked(name: string, text: string | null | undefined): string | null {
  if (!text) return null;
  const version = versionOf(text);
  const prefix = version === undefined ? text : `${text}/${version === 4 ? 32 : 128}`;
  try {
    parseRange(prefix);
  } catch {
    throw invalid(`${name}: ${text} is invalid ['${text}' does not appear to be an IPv4 or IPv6 interface].`);
  }
  return prefix;
}

/** @param others the prefixes of a label's rules of the same kind @throws 409 */
export function checkOverlap(remote: string | null | undefined, others: readonly (string | null)[]): void {
  if (remote && others.some((other) => other !== null && overlaps(other, remote)))
    throw conflict(
      'MeteringLabelRuleOverlaps',
      `Metering label rule with remote_ip_prefix '${remote}' overlaps another.`,
    );
}
