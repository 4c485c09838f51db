import os from 'node:os';
import { oneOf, text, whole } from './setting.js';

/** The cloud as a whole, and this process in it. */
export const cloud = {
  home: text('NOVAFLOW_HOME', '.novaflow', 'State of a single-machine cloud: database, guests, images, secrets.'),
  mode: oneOf(
    'NOVAFLOW_MODE',
    ['production', 'development'],
    'development loads failure injection; production does not have the code in memory.',
  ),
  bind: text('NOVAFLOW_BIND', '127.0.0.1', 'Address that the API and the metrics listen on.'),
  port: whole('NOVAFLOW_PORT', 8774, 'Port of the API: every OpenStack service at its own path.', 1),
  metrics_port: whole(
    'NOVAFLOW_METRICS_PORT',
    0,
    'Port of this process’s Prometheus metrics; 0 serves none. Each process of a machine needs one of its own.',
  ),
  public_url: text(
    'NOVAFLOW_PUBLIC_URL',
    '',
    'URL of the API as clients and hosts see it; made from bind and port when empty.',
  ),
  ssl_cert_file: text(
    'NOVAFLOW_SSL_CERT_FILE',
    '',
    'PEM file of a certificate, and of those between it and its authority: with it the API and the hosts’ own port speak TLS (nova.conf: wsgi.ssl_cert_file). Who does not know its authority is told by NODE_EXTRA_CA_CERTS.',
  ),
  ssl_key_file: text(
    'NOVAFLOW_SSL_KEY_FILE',
    '',
    'PEM file of the certificate’s private key (nova.conf: wsgi.ssl_key_file).',
  ),
  region: text('NOVAFLOW_REGION', 'RegionOne', 'Region in the catalog.'),
  host: text('NOVAFLOW_HOST', os.hostname(), 'Name of this host (nova.conf: host).'),
  log_level: text('NOVAFLOW_LOG_LEVEL', 'info', 'trace, debug, info, warn, error or silent.'),
  policy_dir: text(
    'NOVAFLOW_POLICY_DIR',
    '',
    'Folder of the policy files that change who may do what: nova.yaml and so on, each as OpenStack’s policy.yaml of that service (oslo_policy.policy_file); NOVAFLOW_HOME/policy when empty.',
  ),
  secrets: text(
    'NOVAFLOW_SECRETS',
    '',
    'Directory of the fernet keys and service credentials; NOVAFLOW_HOME/secrets when empty.',
  ),
};
