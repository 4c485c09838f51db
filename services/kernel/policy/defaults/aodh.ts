import { project, type RuleTable } from '../rules.js';

/** Aodh's rules with their default checks and scopes, as its release 23.0.0 has them. */
// prettier-ignore
export const aodh = {
  'context_is_admin': ['role:admin'],
  'segregation': ['rule:context_is_admin'],
  'admin_or_owner': ['rule:context_is_admin or project_id:%(project_id)s'],
  'default': ['rule:context_is_admin or project_id:%(project_id)s'],
  'project_reader': ['role:reader and project_id:%(project_id)s'],
  'project_member': ['role:member and project_id:%(project_id)s'],
  'project_member_or_admin': ['rule:project_member or rule:context_is_admin'],
  'project_reader_or_admin': ['rule:project_reader or rule:context_is_admin'],
  'telemetry:get_alarm': ['rule:project_reader_or_admin', project],
  'telemetry:get_alarms': ['rule:project_reader_or_admin', project],
  'telemetry:get_alarms:all_projects': ['rule:context_is_admin', project],
  'telemetry:query_alarm': ['rule:project_reader_or_admin', project],
  'telemetry:create_alarm': ['rule:project_member_or_admin', project],
  'telemetry:change_alarm': ['rule:project_member_or_admin', project],
  'telemetry:delete_alarm': ['rule:project_member_or_admin', project],
  'telemetry:get_alarm_state': ['rule:project_reader_or_admin', project],
  'telemetry:change_alarm_state': ['rule:project_member_or_admin', project],
  'telemetry:alarm_history': ['rule:project_reader_or_admin', project],
  'telemetry:query_alarm_history': ['rule:project_reader_or_admin', project],
  'telemetry:get_quotas': ['rule:project_reader_or_admin', project],
  'telemetry:update_quotas': ['rule:context_is_admin', project],
  'telemetry:delete_quotas': ['rule:context_is_admin', project],
  'telemetry:get_metrics': ['rule:project_reader_or_admin', project],
  'telemetry:get_metrics:all_projects': ['rule:context_is_admin', project],
} satisfies RuleTable;
