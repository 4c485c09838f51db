import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { openDatabase, type OpenDatabase } from '#services/kernel/database';
import { OpenStackError } from '#services/kernel/errors';
import { makeSystemPort, removeSystemPort } from '#services/neutron/l3/ports';

let at: OpenDatabase;
beforeAll(() => {
  at = openDatabase(provided('databaseUrl'), 10);
});
afterAll(() => at.close());

/** A network with one subnet, as it is in the tables. */
async function newSubnet(cidr: string, start: string, end: string): Promise<{ networkId: string; subnetId: string }> {
  const [networkId, subnetId] = [randomUUID(), randomUUID()];
  await at.sql
    .$executeRaw`INSERT INTO neutron.networks (id, project_id, segmentation_id) VALUES (${networkId}, 'p', neutron.free_segmentation_id('p'))`;
  await at.sql.$executeRaw`
    INSERT INTO neutron.subnets (id, project_id, network_id, ip_version, cidr, allocation_pools)
    VALUES (${subnetId}, 'p', ${networkId}, 4, ${cidr}, ${JSON.stringify([{ start, end }])}::jsonb)`;
  return { networkId, subnetId };
}
const newPort = (networkId: string) =>
  at.sql.transaction((tx) =>
    makeSystemPort(tx, { networkId, projectId: '', deviceId: 'd', deviceOwner: 'network:floatingip' }),
  );

describe('Addresses of a subnet', () => {
  it(
    'are given to no two at once in 10,000 allocations and frees, of which 50 are under way in a pool of 64',
    { timeout: 300_000 },
    async () => {
      const { networkId, subnetId } = await newSubnet('10.0.0.0/25', '10.0.0.2', '10.0.0.65');
      const held = new Set<string>();
      const twice: string[] = [];
      let left = 10_000;
      let given = 0;
      const worker = async (): Promise<void> => {
        while (left-- > 0) {
          const { id, fixedIps } = await newPort(networkId);
          const { ip } = fixedIps[0]!;
          given++;
          if (held.has(ip)) twice.push(ip);
          held.add(ip);
          const owners = await at.sql.$queryRaw<{ port_id: string }[]>`
            SELECT port_id FROM neutron.ip_allocations WHERE subnet_id = ${subnetId} AND ip_address = ${ip}`;
          if (owners[0]?.port_id !== id) twice.push(ip);
          // It counts as free before the statement that frees it: another may have it as soon as that is done.
          held.delete(ip);
          await removeSystemPort(at.sql, id);
        }
      };
      await Promise.all(Array.from({ length: 50 }, worker));
      expect([given, twice]).toEqual([10_000, []]);
    },
  );

  it(
    'are all found in a /16 that is nearly full, however many look at once, and then there is none',
    { timeout: 120_000 },
    async () => {
      const { networkId, subnetId } = await newSubnet('10.1.0.0/16', '10.1.0.2', '10.1.255.254');
      const full = await newPort(networkId);
      const free = ['10.1.0.2', '10.1.77.7', '10.1.128.0', '10.1.200.1', '10.1.255.254'];
      await at.sql.$executeRaw`
        INSERT INTO neutron.ip_allocations (subnet_id, ip_address, port_id)
        SELECT ${subnetId}, ip, ${full.id} FROM (SELECT host('10.1.0.2'::inet + n) AS ip FROM generate_series(0, 65532) n) c
        WHERE NOT ip = ANY(${[...free, full.fixedIps[0]!.ip]}::text[])`;
      const wanted = free.filter((ip) => ip !== full.fixedIps[0]!.ip);
      const begun = performance.now();
      const ports = await Promise.all(wanted.map(() => newPort(networkId)));
      console.log(`${wanted.length} of the last addresses of a /16 in ${Math.round(performance.now() - begun)} ms`);
      expect(new Set(ports.map(({ fixedIps }) => fixedIps[0]!.ip))).toEqual(new Set(wanted));
      await expect(newPort(networkId)).rejects.toThrow(OpenStackError);
      await expect(newPort(networkId)).rejects.toMatchObject({ status: 409, type: 'IpAddressGenerationFailure' });
    },
  );
});
