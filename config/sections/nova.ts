import { oneOf, quota, ratio, whole, words } from './setting.js';

/** What Nova has limits of in Keystone (nova/conf/quota.py: UnifiedLimitsResource). */
const RESOURCE =
  'servers|server_(metadata_items|injected_files|injected_file_content_bytes|injected_file_path_bytes|key_pairs|groups|group_members)|class:[A-Z0-9_]+';

/** Nova (nova.conf). */
export const nova = {
  instance_build_timeout: whole(
    'NOVAFLOW_BUILD_TIMEOUT',
    600,
    'Seconds that a boot may take (nova.conf: instance_build_timeout).',
    1,
  ),
  boots_under_way: whole(
    'NOVAFLOW_BOOTS_UNDER_WAY',
    64,
    'Boots that are under way at once, in the whole cloud; what is asked for beyond that waits its turn in BUILD. More for many machines: a boot takes its host seconds and the control plane little.',
    1,
  ),
  boots_waiting: whole(
    'NOVAFLOW_BOOTS_WAITING',
    1000,
    'Boots that may wait; beyond that a project that has its share of them is answered with 503 and Retry-After.',
    1,
  ),
  notify_on_state_change: oneOf(
    'NOVAFLOW_NOTIFY_ON_STATE_CHANGE',
    ['none', 'vm_state', 'vm_and_task_state'],
    'Which changes of a server are told as compute.instance.update (nova.conf: notifications.notify_on_state_change).',
  ),
  max_attempts: whole('NOVAFLOW_MAX_ATTEMPTS', 3, 'Hosts that a boot may try (nova.conf: scheduler.max_attempts).', 1),
  host_patience: whole(
    'NOVAFLOW_HOST_PATIENCE',
    180,
    'Seconds that a boot waits for its host to take a step up before it tries another. More than a Temporal outage lasts.',
    1,
  ),
  service_down_time: whole(
    'NOVAFLOW_SERVICE_DOWN_TIME',
    60,
    'Seconds without a report after which a host is down (service_down_time).',
    1,
  ),
  report_interval: whole(
    'NOVAFLOW_REPORT_INTERVAL',
    10,
    'Seconds between a host’s reports (nova.conf: report_interval).',
    1,
  ),
  initial_cpu_allocation_ratio: ratio('NOVAFLOW_CPU_ALLOCATION_RATIO', 16, 'nova.conf: initial_cpu_allocation_ratio'),
  initial_ram_allocation_ratio: ratio('NOVAFLOW_RAM_ALLOCATION_RATIO', 1, 'nova.conf: initial_ram_allocation_ratio'),
  initial_disk_allocation_ratio: ratio('NOVAFLOW_DISK_ALLOCATION_RATIO', 1, 'nova.conf: initial_disk_allocation_ratio'),
  quota_driver: oneOf(
    'NOVAFLOW_QUOTA_DRIVER',
    ['nova.quota.DbQuotaDriver', 'nova.quota.UnifiedLimitsDriver'],
    'Who keeps the limits of projects: Nova, or Keystone (nova.conf: quota.driver).',
  ),
  unified_limits_resource_strategy: oneOf(
    'NOVAFLOW_UNIFIED_LIMITS_RESOURCE_STRATEGY',
    ['require', 'ignore'],
    'With Keystone’s limits: whether the resources of the list must have a registered limit, or need none (quota.unified_limits_resource_strategy).',
  ),
  unified_limits_resource_list: words(
    'NOVAFLOW_UNIFIED_LIMITS_RESOURCE_LIST',
    'servers',
    RESOURCE,
    'With commas between them: what may not be had without a registered limit, or, with the strategy `ignore`, what alone may be had without (quota.unified_limits_resource_list).',
  ),
  quota_instances: quota('NOVAFLOW_QUOTA_INSTANCES', 10, 'Servers per project; -1 is unlimited (quota.instances).'),
  quota_cores: quota('NOVAFLOW_QUOTA_CORES', 20, 'VCPUs per project (quota.cores).'),
  quota_ram: quota('NOVAFLOW_QUOTA_RAM', 51200, 'MiB per project (quota.ram).'),
  quota_key_pairs: quota('NOVAFLOW_QUOTA_KEY_PAIRS', 100, 'Key pairs per user (quota.key_pairs).'),
  deleted_retention: whole(
    'NOVAFLOW_DELETED_RETENTION',
    30,
    'Days that a deleted server’s record and story are kept; 0 keeps them for ever.',
  ),
};
