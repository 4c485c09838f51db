/** The people whom a new cloud has as users. */
export const USERS = ['admin', 'demo'] as const;
export type Passwords = Record<(typeof USERS)[number], string>;

/** Memory in MiB, disk in GiB; the names and sizes that OpenStack users expect, and two for guests that are tiny. */
export const FLAVORS = [
  { id: '42', name: 'm1.nano', vcpus: 1, ram: 64, disk: 1 },
  { id: '84', name: 'm1.micro', vcpus: 1, ram: 192, disk: 1 },
  { id: '1', name: 'm1.tiny', vcpus: 1, ram: 512, disk: 1 },
  { id: '2', name: 'm1.small', vcpus: 1, ram: 2048, disk: 20 },
  { id: '3', name: 'm1.medium', vcpus: 2, ram: 4096, disk: 40 },
  { id: '4', name: 'm1.large', vcpus: 4, ram: 8192, disk: 80 },
];

/** What is outside, where networks carry packets: addresses that are nobody's (RFC 5737), and the way there from `NETWORK`. */
export const OUTSIDE = { name: 'public', subnet: 'public-subnet', cidr: '203.0.113.0/24', router: 'router1' };
export const NETWORK = { name: 'private', subnet: 'private-subnet', cidr: '10.20.0.0/16' };
