import { randomBytes } from 'node:crypto';

/** A random address below neutron.conf's base_mac, fa:16:3e. */
export const newMac = (): string => ['fa', '16', '3e', ...randomBytes(3).toString('hex').match(/../g)!].join(':');
