import { flag, quota, text, whole, words } from './setting.js';

/** Neutron (neutron.conf). */
export const neutron = {
  use_keystone_limits: flag(
    'NOVAFLOW_NEUTRON_USE_KEYSTONE_LIMITS',
    false,
    'Whether Keystone keeps the limits of networks, ports and the like. Neutron 29 has no such setting: it is named as Glance’s.',
  ),
  outside_joined: flag(
    'NOVAFLOW_OUTSIDE_JOINED',
    false,
    'Whether external networks reach the world by the machine that they are on, and are reached from it (docs/operators/deploy.md says at what risk). Neutron has no such setting: there an external network is a physical one.',
  ),
  agent_down_time: whole(
    'NOVAFLOW_AGENT_DOWN_TIME',
    75,
    'Seconds without a report after which an agent is dead, and its networks’ DHCP and its routers move to another (neutron.conf: agent_down_time).',
    2,
  ),
  local_ip: text(
    'NOVAFLOW_NETWORK_LOCAL_IP',
    '',
    'This machine’s address for the tunnels between hosts; none on a cloud of one machine (ml2_conf.ini: vxlan.local_ip).',
  ),
  availability_zone: text(
    'NOVAFLOW_NETWORK_AVAILABILITY_ZONE',
    'nova',
    'The availability zone of this machine’s DHCP and routers (dhcp_agent.ini: availability_zone).',
  ),
  vni_ranges: words(
    'NOVAFLOW_VNI_RANGES',
    '1:16777215',
    '[0-9]{1,8}:[0-9]{1,8}',
    'The VXLAN network identifiers that networks are given where no other range has one for them: minimum:maximum, several with commas between them (ml2_conf.ini: ml2_type_vxlan.vni_ranges). Each is a default network segment range.',
  ),
  quota_network: quota('NOVAFLOW_QUOTA_NETWORKS', 100, 'Networks per project (neutron.conf: quotas.quota_network).'),
  quota_subnet: quota('NOVAFLOW_QUOTA_SUBNETS', 100, 'Subnets per project (neutron.conf: quotas.quota_subnet).'),
  quota_subnetpool: quota(
    'NOVAFLOW_QUOTA_SUBNET_POOLS',
    -1,
    'Subnet pools per project (neutron.conf: quotas.default_quota, which Neutron has for them).',
  ),
  quota_port: quota(
    'NOVAFLOW_QUOTA_PORTS',
    500,
    'Ports per project, those of its servers among them (neutron.conf: quotas.quota_port).',
  ),
  quota_router: quota('NOVAFLOW_QUOTA_ROUTERS', 10, 'Routers per project (neutron.conf: quotas.quota_router).'),
  quota_security_group: quota(
    'NOVAFLOW_QUOTA_SECURITY_GROUPS',
    10,
    'Security groups per project (neutron.conf: quotas.quota_security_group).',
  ),
  quota_security_group_rule: quota(
    'NOVAFLOW_QUOTA_SECURITY_GROUP_RULES',
    100,
    'Rules of security groups per project (neutron.conf: quotas.quota_security_group_rule).',
  ),
  quota_floatingip: quota(
    'NOVAFLOW_QUOTA_FLOATING_IPS',
    50,
    'Floating IPs per project (neutron.conf: quotas.quota_floatingip).',
  ),
  quota_trunk: quota(
    'NOVAFLOW_QUOTA_TRUNKS',
    -1,
    'Trunks per project; -1 is unlimited (neutron.conf: quotas.quota_trunk, which is quotas.default_quota).',
  ),
  quota_rbac_policy: quota(
    'NOVAFLOW_QUOTA_RBAC_POLICIES',
    10,
    'RBAC policies per project (neutron.conf: quotas.quota_rbac_policy).',
  ),
};
