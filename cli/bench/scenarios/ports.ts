import { randomUUID } from 'node:crypto';
import { Api } from '#apps/standalone/api';
import { concurrently, summarize, type Outcome } from '../measure.js';
import { ratio, type Bench, type Scenario } from '../scenario.js';
import { LATENCY_COLUMNS, latencyRow } from './boot.js';
import { measured, oneByOne } from './api.js';

/** Ports of the network that is compared with an empty one. */
const FULL = 10_000;
/** Turns of the two: the machine's own drift strikes both. */
const TURNS = 4;
/** Ports that one turn makes and deletes, with so many under way as the bench has at once. */
const A_TURN = 200;
/** One by one. */
const SINGLE = 100;

interface Side {
  readonly api: Api;
  readonly networkId: string;
  readonly outcomes: Outcome[];
  seconds: number;
}
type Made<K extends string> = Record<K, { id: string }>;

/** What a port costs: one by one, and many at once in a network that has many already, in turns with an empty one. */
export const ports: Scenario = {
  name: 'ports',
  title: 'Ports',
  async run(bench) {
    const single = { networkId: bench.boots.tiny.networkId, api: bench.api };
    const ids: string[] = [];
    const create = measured(await oneByOne(SINGLE, async () => void ids.push(await makePort(single))));
    const remove = measured(
      await oneByOne(ids.length, (i) => bench.api.call('DELETE', `/network/v2.0/ports/${ids[i] ?? ''}`)),
    );
    const [full, empty] = [await sideOf(bench), await sideOf(bench)];
    await plantPorts(bench, full);
    // What a side does for the first time (new code paths, a project's default group) is not what it costs.
    for (const side of [full, empty]) await oneTurn(bench, { ...side, outcomes: [] });
    for (let turn = 0; turn < TURNS; turn++) for (const side of [full, empty]) await oneTurn(bench, side);
    const [ofFull, ofEmpty] = [full, empty].map(({ outcomes, seconds }) => summarize(outcomes, seconds));
    const p50 = ratio(ofFull!.p50, ofEmpty!.p50);
    const p95 = ratio(ofFull!.p95, ofEmpty!.p95);
    const atOnce = `${bench.options.concurrency} at once`;
    return {
      columns: LATENCY_COLUMNS,
      rows: [
        latencyRow('create', summarize(create.outcomes, create.seconds)),
        latencyRow('delete', summarize(remove.outcomes, remove.seconds)),
        latencyRow(`create, ${atOnce}, in an empty network`, ofEmpty!),
        latencyRow(`create, ${atOnce}, in one with ${FULL} ports`, ofFull!),
      ],
      says: [
        `In a network with ${FULL} ports a port's p50 is ${p50} times, and its p95 ${p95} times, that of an empty one, in ${TURNS} turns. Each is in a project of its own that has a limit, so that its ports are counted.`,
      ],
      figures: { p50: ofFull!.p50, p95: ofFull!.p95, 'empty p50': ofEmpty!.p50, 'empty p95': ofEmpty!.p95, ratio: p50 },
    };
  },
};

async function makePort({ api, networkId }: Pick<Side, 'api' | 'networkId'>): Promise<string> {
  const body = { port: { network_id: networkId } };
  return (await api.call<Made<'port'>>('POST', '/network/v2.0/ports', body)).port.id;
}

/** A project of its own with a network, so that neither side waits for or counts what the other has. */
async function sideOf({ api: admin, login }: Bench): Promise<Side> {
  const name = `bench-${randomUUID().slice(0, 8)}`;
  const { project } = await admin.call<Made<'project'>>('POST', '/identity/v3/projects', { project: { name } });
  const { roles } = await admin.call<{ roles: { id: string }[] }>('GET', '/identity/v3/roles?name=admin');
  const { users } = await admin.call<{ users: { id: string }[] }>('GET', `/identity/v3/users?name=${login.username}`);
  await admin.call('PUT', `/identity/v3/projects/${project.id}/users/${users[0]!.id}/roles/${roles[0]!.id}`);
  await admin.call('PUT', `/network/v2.0/quotas/${project.id}`, { quota: { port: 2 * FULL } });
  const api = await Api.login({ ...login, project: name });
  const { network } = await api.call<Made<'network'>>('POST', '/network/v2.0/networks', { network: { name } });
  await api.call('POST', '/network/v2.0/subnets', {
    subnet: { network_id: network.id, ip_version: 4, cidr: '10.128.0.0/16' },
  });
  return { api, networkId: network.id, outcomes: [], seconds: 0 };
}

/** Makes ports and addresses as requests leave them, which would take minutes: copies of one that is made by a request. */
async function plantPorts({ db }: Bench, side: Side): Promise<void> {
  const first = await makePort(side);
  const planted = `'00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0')`;
  await db.query(
    `INSERT INTO neutron.ports (id, project_id, network_id, mac_address, status, port_security_enabled)
     SELECT ${planted}, p.project_id, p.network_id, 'fa:17:00' || regexp_replace(lpad(to_hex(n), 6, '0'), '(..)', ':\\1', 'g'), p.status, p.port_security_enabled
     FROM neutron.ports p, generate_series(2, ${FULL}) n WHERE p.id = $1`,
    [first],
  );
  await db.query(
    `INSERT INTO neutron.ip_allocations (subnet_id, ip_address, port_id)
     SELECT a.subnet_id, c.ip, ${planted} FROM neutron.ip_allocations a, generate_series(2, ${FULL}) n,
       LATERAL (SELECT host('10.128.1.0'::inet + n) AS ip) c WHERE a.port_id = $1 AND c.ip <> a.ip_address`,
    [first],
  );
  await db.query(
    `INSERT INTO neutron.port_security_groups (port_id, security_group_id)
     SELECT ${planted}, g.security_group_id FROM neutron.port_security_groups g, generate_series(2, ${FULL}) n WHERE g.port_id = $1`,
    [first],
  );
  // Hosts look at what has changed in the last seconds: it was none of this.
  await db.query('DELETE FROM neutron.host_changes');
  await db.query('VACUUM ANALYZE');
}

async function oneTurn({ options, say }: Bench, side: Side): Promise<void> {
  const ids: string[] = [];
  const { outcomes, seconds } = await concurrently(A_TURN, options.concurrency, async () => {
    ids.push(await makePort(side));
  });
  side.outcomes.push(...outcomes);
  side.seconds += seconds;
  say(`${A_TURN} ports in ${seconds.toFixed(1)} s`);
  await concurrently(ids.length, options.concurrency, (i) =>
    side.api.call('DELETE', `/network/v2.0/ports/${ids[i] ?? ''}`),
  );
}
