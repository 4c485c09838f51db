import { text, whole } from './setting.js';

/** The workflow engine. */
export const temporal = {
  address: text('TEMPORAL_ADDRESS', '127.0.0.1:7233', 'Temporal frontend.'),
  namespace: text('TEMPORAL_NAMESPACE', 'default', 'Temporal namespace.'),
  ui: text(
    'TEMPORAL_UI_URL',
    '',
    'Address of Temporal’s UI, as operators’ browsers reach it: operations in the dashboard then link there. `npm start` sets that of its own.',
  ),
  payload_key: text(
    'TEMPORAL_PAYLOAD_KEY',
    '',
    'File with 32 random bytes in base64. When set, every payload is encrypted with it.',
  ),
  workflow_cache: whole(
    'NOVAFLOW_WORKFLOW_CACHE',
    300,
    'Workflows that a conductor keeps in memory, 100 KiB each; 0 rebuilds each from its history at every step.',
  ),
};
