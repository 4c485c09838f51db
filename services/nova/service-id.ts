import { createHash } from 'node:crypto';

/** The id of a service or a hypervisor since 2.53. It is derived from the host's name, so that no column is needed. */
export function serviceId(host: string): string {
  const hex = createHash('sha256').update(host).digest('hex').slice(0, 32);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
