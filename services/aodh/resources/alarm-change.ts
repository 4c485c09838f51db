import { oneOf, text, time } from '../../kernel/resource/fields.js';
import { resource } from '../words.js';
import { bySeverity } from './severity.js';

const shown = { filter: true, sort: true } as const;

/** What happened to an alarm (aodh/api/controllers/v2/alarms.py: AlarmChange). */
export const alarmChange = resource({
  names: ['alarm_change', 'alarm_changes'],
  record: 'alarmChange',
  table: 'aodh.alarm_history',
  key: 'event_id',
  order: [{ timestamp: 'desc' }],
  actions: [],
  fields: {
    event_id: text({ sort: true }),
    alarm_id: text({ sort: true }),
    type: oneOf(['creation', 'rule change', 'state transition', 'deletion'], shown),
    severity: text({ ...shown, ...bySeverity, hidden: true }),
    detail: text({}),
    project_id: text(shown),
    user_id: text(shown),
    on_behalf_of: text({ sort: true }),
    timestamp: time(shown),
  },
});
