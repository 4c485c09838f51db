import { randomUUID } from 'node:crypto';
import { hasTool } from '../../tools.js';
import { firewall } from './firewall.js';
import { ip, nft, run, runIn } from './commands.js';
import { ADD_BRIDGE } from './links.js';
import { BRIDGE_SETTINGS, SETTINGS } from './observe.js';
import { BRIDGE } from './pairs.js';

/** The programs that the driver runs, and what Debian's packages of them are called. */
const TOOLS: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  bridge: 'iproute2',
  tc: 'iproute2',
  nft: 'nftables',
  dnsmasq: 'dnsmasq-base',
  nsenter: 'util-linux',
  sysctl: 'procps',
};

/**
 * Finds out whether this machine's network can be real, by making a small one and taking it away again: containers and
 * kernels lack now this, now that. It takes a tenth of a second.
 * @returns why it cannot, or undefined when it can
 */
export async function whyNotLinux(): Promise<string | undefined> {
  if (process.platform !== 'linux') return `it takes Linux, and this is ${process.platform}`;
  if (process.geteuid?.() !== 0) return 'it takes root';
  for (const [tool, name] of Object.entries(TOOLS))
    if (!(await hasTool(tool))) return `${tool} is not installed (Debian: ${name})`;
  const namespace = `nvp-${randomUUID()}`;
  const tap = `nz${namespace.slice(4, 12)}`;
  try {
    await run('ip', ['netns', 'add', namespace]);
    await runIn(namespace, 'sysctl', ['-q', '-w', ...SETTINGS]);
    await ip(namespace, [ADD_BRIDGE]);
    await runIn(namespace, 'sysctl', ['-q', '-w', ...BRIDGE_SETTINGS]);
    await ip('', [`tuntap add dev ${tap} mode tap`, `link set dev ${tap} netns ${namespace}`]);
    await ip(namespace, [`link set dev ${tap} master ${BRIDGE}`]);
    await nft(namespace, PROBE);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await ip('', [`link delete dev ${tap}`]).catch(() => undefined);
    await run('ip', ['netns', 'delete', namespace]).catch(() => undefined);
  }
}

/** Rules of every kind that a port has. */
const PROBE = firewall(
  [
    {
      id: randomUUID(),
      networkId: randomUUID(),
      serverId: randomUUID(),
      mac: 'fa:16:3e:00:00:01',
      ips: ['192.0.2.1', '2001:db8::1'],
      adminUp: true,
      portSecurity: true,
      addressPairs: [{ ip: '198.51.100.0/24', mac: 'fa:16:3e:00:00:02' }],
      groups: ['probe'],
      qos: { egressKbps: 1_000, dscp: 10 },
    },
  ],
  new Map([
    [
      'probe',
      {
        id: 'probe',
        stateful: true,
        rules: [
          {
            id: 'in',
            direction: 'ingress',
            version: 4,
            protocol: 'tcp',
            portMin: 1,
            portMax: 9,
            remote: ['192.0.2.0/25', '198.51.100.1'],
          },
        ],
      },
    ],
  ]),
);
