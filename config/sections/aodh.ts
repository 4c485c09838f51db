import { quota, whole } from './setting.js';

/** Aodh (aodh.conf). */
export const aodh = {
  project_alarm_quota: quota(
    'NOVAFLOW_ALARM_QUOTA',
    1000,
    'Alarms of a project; -1 is unlimited (aodh.conf: project_alarm_quota). Aodh’s own default is -1; here each is looked at once a minute.',
  ),
  user_alarm_quota: quota(
    'NOVAFLOW_USER_ALARM_QUOTA',
    -1,
    'Alarms of a user in all projects; -1 is unlimited (aodh.conf: user_alarm_quota).',
  ),
  alarm_max_actions: whole(
    'NOVAFLOW_ALARM_MAX_ACTIONS',
    16,
    'Actions of an alarm for one state (aodh.conf: alarm_max_actions). Each is a request of this cloud to an address that a user chose.',
    1,
  ),
};
