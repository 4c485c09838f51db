import { quota } from './setting.js';

/** Neutron (neutron.conf). */
export const neutron = {
  quota_network: quota('NOVAFLOW_QUOTA_NETWORKS', 100, 'Networks per project (neutron.conf: quotas.quota_network).'),
  quota_subnet: quota('NOVAFLOW_QUOTA_SUBNETS', 100, 'Subnets per project (neutron.conf: quotas.quota_subnet).'),
  quota_port: quota(
    'NOVAFLOW_QUOTA_PORTS',
    500,
    'Ports per project, those of its servers among them (neutron.conf: quotas.quota_port).',
  ),
};
