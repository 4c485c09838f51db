/** What shows that a guest is really reached: a rule that lets a request in, a floating IP, and the request from outside. */
import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { namespaceOf } from '#drivers/network/linux/namespaces';
import { CliError, type Api } from './api.js';
import { OUTSIDE } from './seed-data.js';

const V2 = '/network/v2.0';
const POLL_MS = 100;
/** A floating IP is on its host within a second; a busy machine takes longer. */
const ACTIVE_MS = 15_000;
/** The guest's own server is started after its lease. */
const ANSWER_MS = 10_000;
/** Of one request: a guest answers within milliseconds, and what no rule lets in is not answered at all. */
const REQUEST_MS = 1_000;
/** curl need not be there; who reads along may use it. */
const ASK = `fetch(process.argv[1], { signal: AbortSignal.timeout(${REQUEST_MS}) }).then(async (a) => process.stdout.write(await a.text()), () => process.exit(1))`;

/** Lets everybody reach port 80 of the project's guests that have its default security group. A rule that is there is fine. */
export async function letRequestsIn(demo: Api): Promise<void> {
  const { security_groups } = await demo.call<{ security_groups: { id: string }[] }>(
    'GET',
    `${V2}/security-groups?name=default&project_id=${demo.projectId}`,
  );
  const rule = { security_group_id: security_groups[0]?.id, direction: 'ingress', protocol: 'tcp' };
  const { status, body } = await demo.request('POST', `${V2}/security-group-rules`, {
    security_group_rule: { ...rule, port_range_min: 80, port_range_max: 80, description: 'npm start: HTTP' },
  });
  if (status !== 201 && status !== 409) throw new CliError(`The rule was answered ${status}: ${JSON.stringify(body)}`);
}

interface FloatingIp {
  readonly id: string;
  readonly floating_ip_address: string;
  readonly status: string;
}

/** Gives a server a floating IP, and waits until it is on its host. @returns its address */
export async function giveFloatingIp(demo: Api, serverId: string): Promise<string> {
  const [{ networks }, { ports }] = await Promise.all([
    demo.call<{ networks: { id: string }[] }>('GET', `${V2}/networks?name=${OUTSIDE.name}&router:external=true`),
    demo.call<{ ports: { id: string }[] }>('GET', `${V2}/ports?device_id=${serverId}`),
  ]);
  const { floatingip } = await demo.call<{ floatingip: FloatingIp }>('POST', `${V2}/floatingips`, {
    floatingip: { floating_network_id: networks[0]?.id, port_id: ports[0]?.id },
  });
  for (const end = Date.now() + ACTIVE_MS; Date.now() < end; await sleep(POLL_MS)) {
    const { floatingip: now } = await demo.call<{ floatingip: FloatingIp }>(
      'GET',
      `${V2}/floatingips/${floatingip.id}`,
    );
    if (now.status === 'ACTIVE') return now.floating_ip_address;
  }
  throw new CliError(`The floating IP ${floatingip.floating_ip_address} is not ACTIVE.`);
}

/** Asks a guest over HTTP from what is outside of the cloud, as soon as it answers. @returns what it said */
export async function askFromOutside(demo: Api, address: string): Promise<string> {
  const { networks } = await demo.call<{ networks: { id: string }[] }>('GET', `${V2}/networks?name=${OUTSIDE.name}`);
  const namespace = namespaceOf('nvo', networks[0]?.id ?? '');
  const args = ['netns', 'exec', namespace, process.execPath, '-e', ASK, `http://${address}/`];
  for (const end = Date.now() + ANSWER_MS; Date.now() < end; await sleep(POLL_MS)) {
    const answer = await promisify(execFile)('ip', args).catch(() => undefined);
    if (answer !== undefined) return answer.stdout;
  }
  throw new CliError(`The first server does not answer at ${address} from outside.`);
}
