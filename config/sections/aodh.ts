import { networks, quota, whole } from './setting.js';

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
  evaluation_interval: whole(
    'NOVAFLOW_ALARM_INTERVAL',
    60,
    'Seconds from one look at an alarm to the next (aodh.conf: evaluation_interval).',
    1,
  ),
  additional_ingestion_lag: whole(
    'NOVAFLOW_ALARM_LAG',
    0,
    'Seconds by which alarms look back further, for measures that come late (aodh.conf: additional_ingestion_lag).',
  ),
  alarm_history_time_to_live: whole(
    'NOVAFLOW_ALARM_HISTORY_TTL',
    2_592_000,
    'Seconds for which the history of alarms is kept; 0 keeps it (aodh.conf: alarm_history_time_to_live, for ever). Thirty days: an alarm that goes to and fro writes a row a minute.',
  ),
  webhook_networks: networks(
    'NOVAFLOW_WEBHOOK_NETWORKS',
    'Networks that webhooks of users may reach beside the public internet: 10.20.0.0/16,fd00::/8. Without it no address of the cloud’s own can be called by a user’s alarm.',
  ),
};
