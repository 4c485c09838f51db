import { text, whole } from './setting.js';

/** PostgreSQL (oslo.db). */
export const database = {
  connection: text('DATABASE_URL', '', 'PostgreSQL of the control plane. Host roles have none.'),
  max_pool_size: whole(
    'DATABASE_POOL',
    8,
    'Connections per process. A boot holds one for some milliseconds at a time.',
    1,
  ),
};
