import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Static } from 'typebox';
import { Value } from 'typebox/value';
import { aodh } from './sections/aodh.js';
import { api } from './sections/api.js';
import { audit } from './sections/audit.js';
import { auditTrail } from './sections/audit-trail.js';
import { ceilometer } from './sections/ceilometer.js';
import { cinder } from './sections/cinder.js';
import { cloud } from './sections/cloud.js';
import { compute } from './sections/compute.js';
import { cors } from './sections/cors.js';
import { database } from './sections/database.js';
import { federation } from './sections/federation.js';
import { glance } from './sections/glance.js';
import { gnocchi } from './sections/gnocchi.js';
import { keystone } from './sections/keystone.js';
import { neutron } from './sections/neutron.js';
import { notifications } from './sections/notifications.js';
import { nova } from './sections/nova.js';
import { rateLimit } from './sections/rate-limit.js';
import type { Section, Setting } from './sections/setting.js';
import { temporal } from './sections/temporal.js';
import { tracing } from './sections/tracing.js';

/** The repository's root, wherever the process was started. Compiled code runs in dist/config/. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Every setting, in sections by service. */
const SECTIONS = {
  cloud,
  api,
  rate_limit: rateLimit,
  cors,
  database,
  temporal,
  keystone,
  federation,
  nova,
  glance,
  neutron,
  cinder,
  aodh,
  gnocchi,
  compute,
  ceilometer,
  audit,
  audit_trail: auditTrail,
  tracing,
  notifications,
};
type Sections = typeof SECTIONS;
type Values = {
  readonly [S in keyof Sections]: {
    readonly [O in keyof Sections[S]]: Sections[S][O] extends Setting<infer T> ? Static<T> : never;
  };
};
/** The same by the environment variables that they are read from. */
const SETTINGS: readonly (Setting & { readonly section: string; readonly option: string })[] = Object.entries<Section>(
  SECTIONS,
).flatMap(([section, options]) =>
  Object.entries(options).map(([option, setting]) => ({ ...setting, section, option })),
);

/** The validated configuration of one process. */
export interface Config extends Values {
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
  const values: Record<string, Record<string, unknown>> = {};
  for (const { env: name, schema, section, option } of SETTINGS) {
    const given = env[name];
    const value: unknown = given ? Value.Convert(schema, given) : Value.Default(schema, undefined);
    const [wrong] = Value.Errors(schema, value);
    if (wrong) throw new ConfigError(`${name}=${given ?? ''} cannot be used: ${wrong.message}.`);
    (values[section] ??= {})[option] = value;
  }
  const settings = values as unknown as Values;
  const { bind, port, home: folder, secrets, policy_dir, public_url, ssl_cert_file, ssl_key_file } = settings.cloud;
  if ((ssl_cert_file === '') !== (ssl_key_file === ''))
    throw new ConfigError('NOVAFLOW_SSL_CERT_FILE and NOVAFLOW_SSL_KEY_FILE are given together, or neither is.');
  const from = env['INIT_CWD'] ?? process.cwd();
  const home = path.resolve(from, folder);
  return {
    ...settings,
    home,
    secrets: secrets === '' ? path.join(home, 'secrets') : path.resolve(secrets),
    policies: policy_dir === '' ? path.join(home, 'policy') : path.resolve(from, policy_dir),
    publicUrl: (public_url || `${ssl_cert_file === '' ? 'http' : 'https'}://${bind}:${port}`).replace(/\/$/, ''),
  };
}

/** Section, name, default and meaning of each setting: `docs/operators/settings.md` is made from it. */
export function describeSettings(): {
  section: string;
  option: string;
  name: string;
  default: string;
  description: string;
}[] {
  return SETTINGS.map(({ env: name, schema, section, option }) => {
    const { default: fallback, description = '' } = schema as { default?: unknown; description?: string };
    const shown = name === 'NOVAFLOW_HOST' ? 'the machine’s name' : String(fallback);
    return { section, option, name, default: shown, description };
  });
}

/** The values of a setting that has several, with commas between them. */
export const listed = (setting: string): string[] =>
  setting
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');

/** Certificate and key as TLS servers take them; nothing where the cloud speaks plain HTTP. @throws when a file cannot be read */
export const tlsOf = (config: Pick<Config, 'cloud'>): { cert: Buffer; key: Buffer } | undefined => {
  const { ssl_cert_file: cert, ssl_key_file: key } = config.cloud;
  return cert === '' ? undefined : { cert: readFileSync(cert), key: readFileSync(key) };
};

/** A password that nobody needs to remember: 24 characters, 144 bits. */
export const generatePassword = (): string => randomBytes(18).toString('base64url');
