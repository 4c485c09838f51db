import { whole } from './setting.js';

/** Audits. */
export const audit = {
  interval: whole('NOVAFLOW_AUDIT_INTERVAL', 300, 'Seconds between two scheduled audits.', 10),
};
