import { flag, quota } from './setting.js';

/** Neutron (neutron.conf). */
export const neutron = {
  use_keystone_limits: flag(
    'NOVAFLOW_NEUTRON_USE_KEYSTONE_LIMITS',
    false,
    'Whether Keystone keeps the limits of networks, subnets and ports. Neutron 29 has no such setting: it is named as Glance’s.',
  ),
  quota_network: quota('NOVAFLOW_QUOTA_NETWORKS', 100, 'Networks per project (neutron.conf: quotas.quota_network).'),
  quota_subnet: quota('NOVAFLOW_QUOTA_SUBNETS', 100, 'Subnets per project (neutron.conf: quotas.quota_subnet).'),
  quota_port: quota(
    'NOVAFLOW_QUOTA_PORTS',
    500,
    'Ports per project, those of its servers among them (neutron.conf: quotas.quota_port).',
  ),
};
