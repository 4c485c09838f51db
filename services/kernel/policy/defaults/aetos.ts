import { project, type RuleTable } from '../rules.js';

/** Aetos' rules with their default checks and scopes, as its release 3.0.0 has them. */
// prettier-ignore
export const aetos = {
  'segregation': ['rule:context_is_admin'],
  'telemetry:admin_delete_metrics': ['role:admin and project_id:%(project_id)s', project],
  'telemetry:admin_snapshot': ['role:admin and project_id:%(project_id)s', project],
  'telemetry:admin_clean_tombstones': ['role:admin and project_id:%(project_id)s', project],
  'telemetry:query': ['role:reader and project_id:%(project_id)s', project],
  'telemetry:query:all_projects': ['(role:admin and project_id:%(project_id)s) or (role:service)', project],
  'telemetry:label': ['role:reader and project_id:%(project_id)s', project],
  'telemetry:label:all_projects': ['(role:admin and project_id:%(project_id)s) or (role:service)', project],
  'telemetry:labels': ['role:reader and project_id:%(project_id)s', project],
  'telemetry:labels:all_projects': ['(role:admin and project_id:%(project_id)s) or (role:service)', project],
  'telemetry:series': ['role:reader and project_id:%(project_id)s', project],
  'telemetry:series:all_projects': ['(role:admin and project_id:%(project_id)s) or (role:service)', project],
  'telemetry:targets': ['(role:admin and project_id:%(project_id)s) or (role:service)', project],
  'telemetry:status': ['(role:admin and project_id:%(project_id)s) or (role:service)', project],
} satisfies RuleTable;
