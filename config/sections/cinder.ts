import { flag, quota } from './setting.js';

/** Cinder (cinder.conf). */
export const cinder = {
  use_keystone_limits: flag(
    'NOVAFLOW_CINDER_USE_KEYSTONE_LIMITS',
    false,
    'Whether Keystone keeps the limits of volumes. Cinder 29 has no such setting: it is named as Glance’s.',
  ),
  quota_volumes: quota(
    'NOVAFLOW_QUOTA_VOLUMES',
    10,
    'Volumes per project; -1 is unlimited (cinder.conf: quota_volumes).',
  ),
  quota_gigabytes: quota(
    'NOVAFLOW_QUOTA_GIGABYTES',
    1000,
    'GiB of all volumes of a project (cinder.conf: quota_gigabytes).',
  ),
  per_volume_size_limit: quota(
    'NOVAFLOW_QUOTA_PER_VOLUME_GIGABYTES',
    -1,
    'GiB of one volume (cinder.conf: per_volume_size_limit).',
  ),
};
