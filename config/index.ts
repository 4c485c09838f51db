import { randomBytes } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Type, type Static } from 'typebox';
import { Value } from 'typebox/value';

/** The repository's root, wherever the process was started. Compiled code runs in dist/config/. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const text = (fallback: string, description: string) => Type.String({ default: fallback, description });
const whole = (fallback: number, description: string, minimum = 0) =>
  Type.Integer({ default: fallback, description, minimum });
/** PostgreSQL keeps limits as integers of 32 bits. */
const quota = (fallback: number, description: string) =>
  Type.Integer({ default: fallback, description, minimum: -1, maximum: 2 ** 31 - 1 });
const flag = (fallback: boolean, description: string) => Type.Boolean({ default: fallback, description });

/**
 * Every setting, with its default and what it is for. Each is read from the environment variable of its name.
 * A name that has an OpenStack counterpart says so, and means the same.
 */
const Settings = Type.Object({
  NOVAFLOW_HOME: text('.novaflow', 'State of a single-machine cloud: database, guests, images, secrets.'),
  NOVAFLOW_MODE: Type.Union([Type.Literal('development'), Type.Literal('production')], {
    default: 'production',
    description: 'development loads failure injection; production does not have the code in memory.',
  }),
  NOVAFLOW_BIND: text('127.0.0.1', 'Address that the API and the metrics listen on.'),
  NOVAFLOW_PORT: whole(8774, 'Port of the API: every OpenStack service at its own path.', 1),
  NOVAFLOW_METRICS_PORT: whole(0, 'Port of this process’s Prometheus metrics; 0 serves none.'),
  NOVAFLOW_PUBLIC_URL: text('', 'URL of the API as clients and hosts see it; made from bind and port when empty.'),
  NOVAFLOW_REGION: text('RegionOne', 'Region in the catalog.'),
  NOVAFLOW_HOST: text(os.hostname(), 'Name of this host (nova.conf: host).'),
  NOVAFLOW_LOG_LEVEL: text('info', 'trace, debug, info, warn, error or silent.'),
  NOVAFLOW_POLICY_DIR: text(
    '',
    'Folder of the policy files that change who may do what: nova.yaml and so on, each as OpenStack’s policy.yaml of that service (oslo_policy.policy_file); NOVAFLOW_HOME/policy when empty.',
  ),
  NOVAFLOW_SECRETS: text('', 'Directory of the fernet keys and service credentials; NOVAFLOW_HOME/secrets when empty.'),

  NOVAFLOW_REQUEST_TIMEOUT: whole(
    30,
    'Seconds in which the headers of a request, and then a body that is no upload, have to arrive; then it is answered with 408. A MiB takes less on any line, and what does not come holds a connection.',
    1,
  ),
  NOVAFLOW_UPLOAD_TIMEOUT: whole(
    60,
    'Seconds of an upload (an image, an object) in which at least a KiB a second has to arrive; then it is answered with 408. An upload has no limit in all.',
    1,
  ),

  DATABASE_URL: text('', 'PostgreSQL of the control plane. Host roles have none.'),
  DATABASE_POOL: whole(8, 'Connections per process. A boot holds one for some milliseconds at a time.', 1),
  TEMPORAL_ADDRESS: text('127.0.0.1:7233', 'Temporal frontend.'),
  TEMPORAL_NAMESPACE: text('default', 'Temporal namespace.'),
  TEMPORAL_PAYLOAD_KEY: text('', 'File with 32 random bytes in base64. When set, every payload is encrypted with it.'),

  NOVAFLOW_BUILD_TIMEOUT: whole(600, 'Seconds that a boot may take (nova.conf: instance_build_timeout).', 1),
  NOVAFLOW_BOOTS_UNDER_WAY: whole(
    64,
    'Boots that are under way at once, in the whole cloud; what is asked for beyond that waits its turn in BUILD. More for many machines: a boot takes its host seconds and the control plane little.',
    1,
  ),
  NOVAFLOW_BOOTS_WAITING: whole(
    1000,
    'Boots that may wait; beyond that a project that has its share of them is answered with 503 and Retry-After.',
    1,
  ),
  NOVAFLOW_MAX_ATTEMPTS: whole(3, 'Hosts that a boot may try (nova.conf: scheduler.max_attempts).', 1),
  NOVAFLOW_HOST_PATIENCE: whole(
    180,
    'Seconds that a boot waits for its host to take a step up before it tries another. More than a Temporal outage lasts.',
    1,
  ),
  NOVAFLOW_SERVICE_DOWN_TIME: whole(60, 'Seconds without a report after which a host is down (service_down_time).', 1),
  NOVAFLOW_REPORT_INTERVAL: whole(10, 'Seconds between a host’s reports (nova.conf: report_interval).', 1),
  NOVAFLOW_CPU_ALLOCATION_RATIO: Type.Number({
    default: 16,
    minimum: 0.01,
    description: 'nova.conf: initial_cpu_allocation_ratio',
  }),
  NOVAFLOW_RAM_ALLOCATION_RATIO: Type.Number({
    default: 1,
    minimum: 0.01,
    description: 'nova.conf: initial_ram_allocation_ratio',
  }),
  NOVAFLOW_DISK_ALLOCATION_RATIO: Type.Number({
    default: 1,
    minimum: 0.01,
    description: 'nova.conf: initial_disk_allocation_ratio',
  }),
  NOVAFLOW_QUOTA_INSTANCES: Type.Integer({
    default: 10,
    minimum: -1,
    description: 'Servers per project; -1 is unlimited (quota.instances).',
  }),
  NOVAFLOW_QUOTA_CORES: Type.Integer({ default: 20, minimum: -1, description: 'VCPUs per project (quota.cores).' }),
  NOVAFLOW_QUOTA_RAM: Type.Integer({ default: 51200, minimum: -1, description: 'MiB per project (quota.ram).' }),
  NOVAFLOW_QUOTA_KEY_PAIRS: Type.Integer({
    default: 100,
    minimum: -1,
    description: 'Key pairs per user (quota.key_pairs).',
  }),
  NOVAFLOW_REQUIRE_IMAGE_FORMAT_MATCH: flag(
    true,
    'Refuse uploads whose bytes are not of the image’s disk_format (glance-api.conf: require_image_format_match). Hosts refuse them in any case.',
  ),
  NOVAFLOW_QUOTA_VOLUMES: quota(10, 'Volumes per project; -1 is unlimited (cinder.conf: quota_volumes).'),
  NOVAFLOW_QUOTA_GIGABYTES: quota(1000, 'GiB of all volumes of a project (cinder.conf: quota_gigabytes).'),
  NOVAFLOW_QUOTA_PER_VOLUME_GIGABYTES: quota(-1, 'GiB of one volume (cinder.conf: per_volume_size_limit).'),
  NOVAFLOW_QUOTA_NETWORKS: quota(100, 'Networks per project (neutron.conf: quotas.quota_network).'),
  NOVAFLOW_QUOTA_SUBNETS: quota(100, 'Subnets per project (neutron.conf: quotas.quota_subnet).'),
  NOVAFLOW_QUOTA_PORTS: quota(
    500,
    'Ports per project, those of its servers among them (neutron.conf: quotas.quota_port).',
  ),
  NOVAFLOW_TOKEN_EXPIRATION: whole(3600, 'Seconds that a token lives (keystone.conf: token.expiration).', 60),

  NOVAFLOW_WORKFLOW_CACHE: whole(
    300,
    'Workflows that a conductor keeps in memory, 100 KiB each; 0 rebuilds each from its history at every step.',
  ),
  NOVAFLOW_AUDIT_INTERVAL: whole(300, 'Seconds between two scheduled audits.', 10),
  NOVAFLOW_DELETED_RETENTION: whole(
    30,
    'Days that a deleted server’s record and story are kept; 0 keeps them for ever.',
  ),

  NOVAFLOW_HYPERVISOR: Type.Union([Type.Literal('qemu'), Type.Literal('fake')], {
    default: 'qemu',
    description: 'Hypervisor driver of a compute role.',
  }),
  NOVAFLOW_ACCELERATOR: Type.Union([Type.Literal('auto'), Type.Literal('kvm'), Type.Literal('tcg')], {
    default: 'auto',
    description: 'auto takes KVM where a probe guest really runs under it.',
  }),
  NOVAFLOW_QEMU_USER: text(
    '',
    'User that guests and qemu-img run as where the compute and volume roles run as root: a name, uid or uid:gid (libvirt’s qemu.conf: user). Empty takes a number of this cloud’s own that no other user has; root does not confine them. The same for all roles of a machine.',
  ),
  NOVAFLOW_SIMULATED_HOSTS: whole(1, 'Hosts that a compute role with the fake hypervisor plays.', 1),
  NOVAFLOW_FAKE_SPAWN_MS: whole(0, 'Milliseconds that the fake hypervisor takes to spawn a guest.'),
  NOVAFLOW_HOST_CREDENTIAL: text(
    '',
    'File with the service user and password of a host role, or for several roles in one process the directory of their files.',
  ),
  NOVAFLOW_HOST_PORT: whole(0, 'Port on which a compute role answers the API about its guests; 0 takes any free one.'),
  NOVAFLOW_HOST_URL: text(
    '',
    'URL of that port as the API reaches it; made from bind (or the host’s name where that is every address) and port when empty.',
  ),
  NOVAFLOW_KEEP_GUESTS: flag(false, 'Leave guests running when the cloud on this machine is stopped.'),
});

/** The validated configuration of one process. */
export interface Config extends Static<typeof Settings> {
  /** Absolute path of NOVAFLOW_HOME. */
  readonly home: string;
  /** Absolute path of the secrets directory. */
  readonly secrets: string;
  /** Absolute path of the folder with an operator's policy files, which need not be there. */
  readonly policies: string;
  /** The API as clients see it, without a trailing slash. */
  readonly publicUrl: string;
}

/** A setting that cannot be used, with what to change. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads and checks the configuration.
 * @throws ConfigError naming the variable, its value and what it should be
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(Object.keys(Settings.properties).flatMap((k) => (env[k] ? [[k, env[k]]] : [])));
  const value = Value.Default(Settings, Value.Convert(Settings, given));
  const [wrong] = Value.Errors(Settings, value);
  if (wrong) {
    const name = wrong.instancePath.split('/')[1] ?? '';
    throw new ConfigError(`${name}=${String(given[name])} cannot be used: ${wrong.message}.`);
  }
  const settings = value as Static<typeof Settings>;
  const home = path.resolve(env['INIT_CWD'] ?? process.cwd(), settings.NOVAFLOW_HOME);
  return {
    ...settings,
    home,
    secrets: settings.NOVAFLOW_SECRETS === '' ? path.join(home, 'secrets') : path.resolve(settings.NOVAFLOW_SECRETS),
    policies:
      settings.NOVAFLOW_POLICY_DIR === ''
        ? path.join(home, 'policy')
        : path.resolve(env['INIT_CWD'] ?? process.cwd(), settings.NOVAFLOW_POLICY_DIR),
    publicUrl: (settings.NOVAFLOW_PUBLIC_URL || `http://${settings.NOVAFLOW_BIND}:${settings.NOVAFLOW_PORT}`).replace(
      /\/$/,
      '',
    ),
  };
}

/** Name, default and meaning of each setting: `docs/operators/settings.md` is made from it. */
export function describeSettings(): { name: string; default: string; description: string }[] {
  const settings: Record<string, object> = Settings.properties;
  return Object.entries(settings).map(([name, schema]) => {
    const { default: fallback, description = '' } = schema as { default?: unknown; description?: string };
    return { name, default: name === 'NOVAFLOW_HOST' ? 'the machine’s name' : String(fallback), description };
  });
}

/** A password that nobody needs to remember: 24 characters, 144 bits. */
export const generatePassword = (): string => randomBytes(18).toString('base64url');
