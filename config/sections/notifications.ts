import { text, whole } from './setting.js';

/** What happened to resources, in OpenStack's names (Ceilometer's place). */
export const notifications = {
  retention: whole(
    'NOVAFLOW_NOTIFICATIONS_RETENTION',
    7,
    'Days that a notification is kept; 0 keeps them for ever. A week is time enough for a reader that was away.',
  ),
  webhooks: text(
    'NOVAFLOW_NOTIFICATIONS_WEBHOOKS',
    '',
    'http and https addresses with commas between them, to each of which every notification is sent (docs/operators/telemetry.md).',
  ),
  webhook_secret: text(
    'NOVAFLOW_NOTIFICATIONS_WEBHOOK_SECRET',
    '',
    'File with the secret, of 16 bytes or more, that what is sent to webhooks is signed with.',
  ),
};
