import type { Bench } from './scenario.js';

/**
 * Records that nobody booted, to see what a cloud costs that has grown: servers that are ACTIVE with their claims,
 * ports, addresses, actions and events, as boots leave them. Their hosts have no such guests.
 */
const NAME = 'planted';

/** Makes it so many planted servers, over so many projects, with all that they hold. */
export async function plantServers(bench: Bench, count: number, projects = 1): Promise<void> {
  await plantRecords(bench, count, projects);
  const { db, boots } = bench;
  await db.query(
    `INSERT INTO placement.allocations (consumer_id, resource_provider_id, resource_class, used, project_id, user_id)
     SELECT s.id, p.id, c.name, c.amount, s.project_id, 'planted' FROM nova.servers s
     JOIN placement.resource_providers p ON p.name = s.host
     CROSS JOIN (VALUES ('VCPU', 1), ('MEMORY_MB', 64), ('DISK_GB', 1)) AS c(name, amount)
     WHERE s.name LIKE '${NAME}-%' ON CONFLICT DO NOTHING`,
  );
  await db.query(
    `INSERT INTO neutron.ports (id, project_id, network_id, mac_address, device_id, device_owner, binding_host_id, status, created_by_nova)
     SELECT 'a' || substr(s.id, 2), s.project_id, $1, 'fa:17:' || regexp_replace(substr(s.id, 29, 8), '(..)(?!$)', '\\1:', 'g'), s.id, 'compute:nova', s.host, 'ACTIVE', true
     FROM nova.servers s WHERE s.name LIKE '${NAME}-%' ON CONFLICT DO NOTHING`,
    [boots.tiny.networkId],
  );
  await db.query('ANALYZE');
}

/** Servers, with the stories of their boots. */
async function plantRecords({ db, api }: Bench, count: number, projects: number): Promise<void> {
  const { rows } = await db.query<{ n: string }>(`SELECT count(*) AS n FROM nova.servers WHERE name LIKE '${NAME}-%'`);
  const from = Number(rows[0]?.n ?? 0);
  if (from >= count) return;
  // One project's id is the caller's own; of several, the others are made up.
  const project = `CASE WHEN i % ${projects} = 0 THEN '${api.projectId}' ELSE md5('project' || i % ${projects}) END`;
  await db.query(
    `INSERT INTO nova.servers (id, project_id, user_id, name, hostname, vm_state, power_state, flavor_id, flavor, vcpus, ram,
       host, machine, reservation_id, launched_at, generation, created_at)
     SELECT 'p1a47ed0-0000-4000-8000-' || lpad(to_hex(i), 12, '0'), ${project}, 'planted', '${NAME}-' || i, '${NAME}', 'active', 1, '42',
       '{"name":"m1.nano","vcpus":1,"ram":64,"disk":1,"ephemeral":0,"swap":0,"extra_specs":{}}', 1, 64,
       h.host, h.machine, 'r-planted', now(), 1, now() - interval '1 day' + i * interval '1 second'
     FROM generate_series(${from}, ${count - 1}) AS i
     JOIN (SELECT host, machine, row_number() OVER (ORDER BY host) - 1 AS n, count(*) OVER () AS hosts FROM nova.services) h
       ON h.n = i % h.hosts`,
  );
  await db.query(
    `INSERT INTO operations.operations (id, kind, action, resource_type, resource_id, project_id, user_id, request_id, state,
       input, story, steps, started_at, finished_at)
     SELECT 'b' || substr(s.id, 2), 'bootServer', 'create', 'server', s.id, s.project_id, 'planted', 'req-' || s.id, 'done',
       '{}', '{}', (SELECT jsonb_agg(jsonb_build_object('step', 'step', 'status', 'done', 'startedAt', now(), 'finishedAt', now()))
                    FROM generate_series(0, 6)), now(), now()
     FROM nova.servers s WHERE s.name LIKE '${NAME}-%' ON CONFLICT DO NOTHING`,
  );
  await db.query('ANALYZE');
}

/** Makes it so many servers that were deleted in the last months, with their actions and events. */
export async function plantDeleted(bench: Bench, count: number): Promise<void> {
  await plantRecords(bench, count, 1);
  await bench.db.query(
    `UPDATE nova.servers SET vm_state = 'deleted', host = NULL, deleted_at = created_at + interval '1 hour' WHERE name LIKE '${NAME}-%'`,
  );
  await bench.db.query('VACUUM ANALYZE');
}

/** Makes it so many planted hosts: providers with the inventory of the fake hypervisor, served by nobody. */
export async function plantHosts({ db }: Bench, count: number): Promise<void> {
  await db.query(
    `INSERT INTO placement.resource_providers (id, name)
     SELECT 'c1a47ed0-0000-4000-8000-' || lpad(to_hex(i), 12, '0'), '${NAME}-' || i FROM generate_series(1, ${count}) AS i ON CONFLICT DO NOTHING`,
  );
  await db.query(
    `INSERT INTO placement.inventories (resource_provider_id, resource_class, total, max_unit)
     SELECT p.id, c.name, c.total, c.total FROM placement.resource_providers p
     CROSS JOIN (VALUES ('VCPU', 1000), ('MEMORY_MB', 800000), ('DISK_GB', 600000)) AS c(name, total)
     WHERE p.name LIKE '${NAME}-%' ON CONFLICT DO NOTHING`,
  );
  // Served by the one real machine: the fake hypervisor plays any host.
  await db.query(
    `INSERT INTO nova.services (host, machine, facts) SELECT p.name, (SELECT machine FROM nova.services WHERE host NOT LIKE '${NAME}-%' LIMIT 1), '{}'
     FROM placement.resource_providers p WHERE p.name LIKE '${NAME}-%' ON CONFLICT DO NOTHING`,
  );
  await db.query('ANALYZE');
}

/** Takes all that was planted away. */
export async function removePlanted({ db }: Bench): Promise<void> {
  await db.query(
    `DELETE FROM neutron.ports WHERE device_id IN (SELECT id FROM nova.servers WHERE name LIKE '${NAME}-%')`,
  );
  await db.query(
    `DELETE FROM placement.allocations WHERE consumer_id IN (SELECT id FROM nova.servers WHERE name LIKE '${NAME}-%')`,
  );
  await db.query(
    `DELETE FROM operations.operations WHERE resource_id IN (SELECT id FROM nova.servers WHERE name LIKE '${NAME}-%')`,
  );
  await db.query(`DELETE FROM nova.servers WHERE name LIKE '${NAME}-%'`);
  await db.query(`DELETE FROM nova.services WHERE host LIKE '${NAME}-%'`);
  await db.query(`DELETE FROM placement.resource_providers WHERE name LIKE '${NAME}-%'`);
  await db.query('VACUUM ANALYZE');
}
