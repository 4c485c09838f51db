import { canonical } from './ipam.js';

/** An address that is asked for, of a subnet or of any. */
interface Asked {
  readonly subnet_id?: string | undefined;
  readonly ip_address?: string | undefined;
}
interface Held {
  readonly subnet_id: string;
  readonly ip_address: string;
}

/**
 * What a port keeps of the addresses that it has, and what it is to be given, when it is asked to have others: each
 * request is for one address. One that names an address keeps that; then one that names a subnet alone keeps another
 * that the port has there (neutron/db/ipam_backend_mixin.py: _get_changed_ips_for_port).
 */
export function addressChanges(has: readonly Held[], wanted: readonly Asked[]): { kept: Held[]; given: Asked[] } {
  const kept = new Set<Held>();
  const keep = ({ subnet_id, ip_address }: Asked): boolean => {
    const found = has.find(
      (one) =>
        !kept.has(one) &&
        (ip_address === undefined || canonical(ip_address) === one.ip_address) &&
        (subnet_id === undefined || subnet_id === one.subnet_id),
    );
    if (found !== undefined) kept.add(found);
    return found !== undefined;
  };
  const named = wanted.filter((one) => one.ip_address !== undefined);
  const others = wanted.filter((one) => one.ip_address === undefined);
  const given = [...named, ...others].filter((one) => !keep(one));
  return { kept: [...kept], given };
}
