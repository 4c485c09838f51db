/** Words that names write together, or small, as people write them. */
const SPELLINGS: Readonly<Record<string, string>> = {
  floatingip: 'floating IP',
  floatingips: 'floating IPs',
  ip: 'IP',
  ips: 'IPs',
  qos: 'QoS',
  rbac: 'RBAC',
  subnetpool: 'subnet pool',
  subnetpools: 'subnet pools',
};

/** A name as people read it: `availability_zone_hints` is "Availability zone hints", `os-resetState` "Reset state". */
export function words(name: string): string {
  const plain = name
    .replace(/^os-/, '')
    .replaceAll(/[_-]+/g, ' ')
    .replaceAll(/([a-z])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`)
    .replaceAll(/\b[a-z]+\b/g, (word) => SPELLINGS[word] ?? word)
    .trim();
  return plain.replace(/^./, (first) => first.toUpperCase());
}
