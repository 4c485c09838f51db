/** The binaries that run on machines, as OpenStack names them. */
export const HOST_BINARIES = ['nova-compute', 'cinder-volume', 'neutron-agent'] as const;
export type HostBinary = (typeof HOST_BINARIES)[number];

/** A host role, as its user's name says: what a token proves, unlike whatever the request claims. */
export interface HostRole {
  readonly binary: HostBinary;
  readonly machine: string;
}

/** The name of the user of a binary on a machine: nova-compute@compute1. */
export const hostUserName = ({ binary, machine }: HostRole): string => `${binary}@${machine}`;

/** The host role that a user is; undefined for any other user. */
export function hostRoleOf(userName: string): HostRole | undefined {
  const at = userName.indexOf('@');
  const binary = HOST_BINARIES.find((b) => b === userName.slice(0, at));
  return binary === undefined ? undefined : { binary, machine: userName.slice(at + 1) };
}
