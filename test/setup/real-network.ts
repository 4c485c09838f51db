import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { promisify } from 'node:util';
import { netImage } from '#apps/standalone/net-image/index';
import { findActive, seedNetImage } from '#apps/standalone/seed';
import { expect } from 'vitest';
import { until } from '#cli/bench/measure';
import { namespaceOf } from '#drivers/network/linux/namespaces';
import { whyNotLinux } from '#drivers/network/linux/probe';
import { hasTool } from '#drivers/tools';
import type { Tenant } from './tenant.js';

const execute = promisify(execFile);
/** A guest boots in some seconds; a busy machine without KVM takes several times as long. */
export const GUEST_MS = 90_000;
/** m1.micro: the guest's kernel needs more than m1.nano has. */
const FLAVOR = '84';
const V2 = '/network/v2.0';
/** What the tests send and ask with from the host's namespaces, and what Debian's packages of it are called. */
const TOOLS = ['busybox', 'curl'];

const image = await netImage().catch(() => undefined);
/** Why guests cannot have a real network on this machine; undefined where they can. */
export async function whyNoGuests(): Promise<string | undefined> {
  if (image === undefined) return 'novaflow-net cannot be made here';
  for (const tool of TOOLS) if (!(await hasTool(tool))) return `${tool} is not installed`;
  return whyNotLinux();
}

/**
 * Expects of what a guest or the network answers that it comes to be so. One question gives an answer a second or two: a busy
 * machine takes longer at times, and so does a guest whose new IPv6 address is tentative still.
 */
// oxlint-disable-next-line vitest/require-awaited-expect-poll -- who expects awaits what is expected of it
export const soon = <T>(question: () => Promise<T>) => expect.poll(question, { interval: 100, timeout: GUEST_MS });

/** Runs a command in a network namespace. @returns what it wrote, whatever its exit code is. */
export const inside = (namespace: string, ...args: string[]): Promise<string> =>
  execute('ip', ['netns', 'exec', namespace, ...args], { timeout: 60_000 }).then(
    ({ stdout }) => stdout,
    (error: { stdout?: string }) => error.stdout ?? '',
  );

interface Port {
  readonly id: string;
  readonly network_id: string;
  readonly mac_address: string;
  readonly fixed_ips: readonly { readonly ip_address: string }[];
}
interface Rule {
  readonly id: string;
  readonly protocol: string | null;
}
export interface Subnet {
  readonly id: string;
  readonly gateway_ip: string | null;
}

/** A server's card: its port, with its addresses. */
export interface Card {
  readonly port: string;
  readonly mac: string;
  readonly v4: string;
  readonly v6: string;
}

/** What a tenant with real guests does, by the API alone. */
export class NetworkTenant {
  constructor(readonly tenant: Tenant) {}

  /** For everybody: made once in a cloud. */
  static async seedImage(tenant: Tenant): Promise<void> {
    await seedNetImage(tenant.admin, () => Promise.resolve(image!));
  }

  /** Makes one thing of Neutron's. @param of its name in the body @returns the thing */
  async make<T extends { readonly id: string }>(
    collection: string,
    of: string,
    body: object,
    by = this.tenant.api,
  ): Promise<T> {
    return (await by.call<Record<string, T>>('POST', `${V2}/${collection}`, { [of]: body }))[of]!;
  }
  put(path: string, body: object, by = this.tenant.api): Promise<unknown> {
    return by.call('PUT', `${V2}/${path}`, body);
  }
  remove(path: string): Promise<unknown> {
    return this.tenant.api.call('DELETE', `${V2}/${path}`);
  }

  /** A network with a subnet for each of these ranges. @param v6 fields of an IPv6 subnet beside its range */
  async network(
    ranges: readonly string[],
    { v6 = {}, v4 = {}, ...fields }: { v6?: object; v4?: object; [field: string]: unknown } = {},
    by = this.tenant.api,
  ): Promise<{ id: string; subnets: Subnet[] }> {
    const { id } = await this.make('networks', 'network', fields, by);
    const subnets: Subnet[] = [];
    for (const cidr of ranges) {
      const more = cidr.includes(':') ? { ip_version: 6, ...v6 } : { ip_version: 4, ...v4 };
      subnets.push(await this.make<Subnet>('subnets', 'subnet', { network_id: id, cidr, ...more }, by));
    }
    return { id, subnets };
  }

  /** Asks for a guest. @param script what its user data does @returns its id */
  async ask(networks: readonly object[], script: string, more: object = {}): Promise<string> {
    const imageRef = await findActive(this.tenant.api, 'novaflow-net');
    const user_data = Buffer.from(`#!/bin/sh\n${script}\n`).toString('base64');
    return this.tenant.post(this.tenant.server({ imageRef, flavorRef: FLAVOR, networks, user_data, ...more }));
  }

  async card(server: string, network: string): Promise<Card> {
    const { ports } = await this.tenant.api.call<{ ports: Port[] }>(
      'GET',
      `${V2}/ports?device_id=${server}&network_id=${network}`,
    );
    const { id, mac_address, fixed_ips } = ports[0]!;
    const of = (version6: boolean): string =>
      fixed_ips.find(({ ip_address }) => ip_address.includes(':') === version6)?.ip_address ?? '';
    return { port: id, mac: mac_address, v4: of(false), v6: of(true) };
  }

  /** What a guest has said, as soon as it has said this. */
  said(id: string, what: string): Promise<string> {
    return until(
      async () => {
        const { body } = await this.tenant.api.request<{ output?: string }>(
          'POST',
          `/compute/v2.1/servers/${id}/action`,
          { 'os-getConsoleOutput': {} },
        );
        return body.output?.includes(what) ? body.output : undefined;
      },
      300,
      GUEST_MS,
    );
  }

  /** A floating IP, once its host has it. @param port that it stands for; none yet where it is left out */
  async floatingIp(network: string, port?: string): Promise<{ id: string; address: string }> {
    const body = { floating_network_id: network, ...(port === undefined ? {} : { port_id: port }) };
    const { id, floating_ip_address: address } = await this.make<{ id: string; floating_ip_address: string }>(
      'floatingips',
      'floatingip',
      body,
    );
    if (port !== undefined)
      await until(
        async () => {
          const { floatingip } = await this.tenant.api.call<Record<'floatingip', { status: string }>>(
            'GET',
            `${V2}/floatingips/${id}`,
          );
          return floatingip.status === 'ACTIVE' ? true : undefined;
        },
        100,
        GUEST_MS,
      );
    return { id, address };
  }

  /** Lets everybody reach ports of the tenant's guests. @returns the rule's id */
  async open(first: number, last = first): Promise<string> {
    const security_group_id = (await this.defaultGroup()).id;
    const ports = { protocol: 'tcp', port_range_min: first, port_range_max: last };
    const rule = { security_group_id, direction: 'ingress', ...ports };
    return (await this.make('security-group-rules', 'security_group_rule', rule)).id;
  }
  /** Takes back all that was opened. */
  async close(): Promise<void> {
    const { security_group_rules: rules } = await this.defaultGroup();
    for (const { id, protocol } of rules) if (protocol !== null) await this.remove(`security-group-rules/${id}`);
  }

  /** Gives back all floating IPs. */
  async letGo(): Promise<void> {
    const { floatingips } = await this.tenant.api.call<{ floatingips: { id: string }[] }>('GET', `${V2}/floatingips`);
    for (const { id } of floatingips) await this.remove(`floatingips/${id}`);
  }

  private async defaultGroup(): Promise<{ id: string; security_group_rules: readonly Rule[] }> {
    const { security_groups } = await this.tenant.api.call<{
      security_groups: { id: string; security_group_rules: Rule[] }[];
    }>('GET', `${V2}/security-groups?name=default`);
    return security_groups[0]!;
  }
}

const OBEY_PORT = 2323;
/** How long a guest may take for one command; none of the tests' own takes more than some seconds. */
const COMMAND_MS = 30_000;
/** A guest's script that has it do what it is told on the network for that, and say what came of it. */
const OBEY = String.raw`. /lib/say
# The answer to a guest that asks for this path of its metadata, with its head.
cat > /bin/metadata-of <<'END'
#!/bin/sh
printf 'GET %s HTTP/1.0\r\n\r\n' "$1" | nc -w 5 169.254.169.254 80
END
cat > /bin/obey <<'END'
#!/bin/sh
read -r line
sh -c "$line" < /dev/null 2>&1
END
chmod 755 /bin/obey /bin/metadata-of
(while :; do nc -ll -p ${OBEY_PORT} -e /bin/obey; sleep 1; done) > /dev/null 2>&1 &`;

/**
 * Guests that a test tells what to do, by a network that is there for nothing else: so it tells them also when the network
 * that is tested lets nothing through.
 */
export class ToldGuests {
  private constructor(
    readonly network: string,
    private readonly enter: () => readonly string[],
  ) {}

  /**
   * @param admin makes the network, for all tenants; its ports are not looked at
   * @param enter what comes before a command on the machine that serves the network's DHCP; nothing on this machine itself
   */
  static async make(admin: NetworkTenant, enter: () => readonly string[] = () => []): Promise<ToldGuests> {
    // Without a gateway it is nobody's way out.
    const { id } = await admin.network(
      ['10.255.0.0/24'],
      { shared: true, port_security_enabled: false, v4: { gateway_ip: null } },
      admin.tenant.admin,
    );
    return new ToldGuests(id, enter);
  }

  /** Boots a guest whose first card is on this network. @param script what else its user data does */
  async boot(
    of: NetworkTenant,
    network: object & { readonly uuid: string },
    script = '',
    more: object = {},
  ): Promise<ToldGuest> {
    const id = await of.ask([network, { uuid: this.network }], `${OBEY}\n${script}\nsay obeys`, more);
    const { status, fault } = await of.tenant.settled(id);
    if (status !== 'ACTIVE') throw new Error(`A guest is ${status}: ${fault?.message}`);
    const [card, told] = [await of.card(id, network.uuid), await of.card(id, this.network)];
    const console = await of.said(id, 'novaflow-net: obeys');
    const from = namespaceOf('nvn', this.network);
    return new ToldGuest(id, card, console, () => [...this.enter(), 'ip', 'netns', 'exec', from], told.v4);
  }
}

/** A guest that does what it is told. */
export class ToldGuest {
  constructor(
    readonly id: string,
    /** Its first card, eth0. */
    readonly card: Card,
    /** What it said until it could be told something. */
    readonly console: string,
    private readonly from: () => readonly string[],
    private readonly at: string,
  ) {}

  /** Runs a line of shell in the guest. @returns what it wrote, its errors too */
  async run(line: string): Promise<string> {
    const [program, ...args] = [...this.from(), 'busybox', 'nc', '-w', '5', this.at, String(OBEY_PORT)];
    const asked = execute(program, args, { timeout: COMMAND_MS });
    // Where nobody answers, the command may have ended before it is told anything; its own end says so.
    asked.child.stdin?.on('error', () => undefined);
    asked.child.stdin?.end(`${line}\n`);
    return (await asked).stdout;
  }

  /** What a port of TCP says by itself; nothing where a connection does not come about in a second. */
  async hears(address: string, port = 22): Promise<string> {
    const said = await this.run(`nc -w 1 ${address} ${port} 2> /dev/null`);
    return said.trim();
  }

  /** Serves a port of TCP by a script, each connection by one of its own. */
  async serves(port: number, script: string): Promise<void> {
    const file = `/bin/serve-${port}`;
    await this.run(`printf '#!/bin/sh\\n%s\\n' '${script}' > ${file}; chmod 755 ${file}`);
    await this.run(`(while :; do nc -ll -p ${port} -e ${file}; sleep 1; done) > /dev/null 2>&1 &`);
  }
}

/** A connection that stays, to a port whose server says again what it hears. */
export class Connection {
  private constructor(private readonly child: ChildProcess) {}

  static open(namespace: string, address: string, port: number): Connection {
    const args = ['netns', 'exec', namespace, 'busybox', 'nc', address, String(port)];
    return new Connection(spawn('ip', args, { stdio: ['pipe', 'pipe', 'ignore'] }));
  }

  /** Whether a line comes back within a second. */
  answers(): Promise<boolean> {
    return new Promise((resolve) => {
      const { stdin, stdout } = this.child;
      const hear = (): void => done(true);
      const timer = setTimeout(() => done(false), 1_000);
      const done = (answer: boolean): void => {
        clearTimeout(timer);
        stdout?.off('data', hear);
        resolve(answer);
      };
      stdout?.on('data', hear);
      stdin?.write('hello\n');
    });
  }

  end(): void {
    this.child.kill('SIGKILL');
  }
}
