import { whole } from './setting.js';

/** What happened to resources, in OpenStack's names (Ceilometer's place). */
export const notifications = {
  retention: whole(
    'NOVAFLOW_NOTIFICATIONS_RETENTION',
    7,
    'Days that a notification is kept; 0 keeps them for ever. A week is time enough for a reader that was away.',
  ),
};
