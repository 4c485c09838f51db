import { flag, whole } from './setting.js';

/** The audit trail (keystonemiddleware's audit filter). */
export const auditTrail = {
  enabled: flag(
    'NOVAFLOW_AUDIT_TRAIL',
    true,
    'Keep who did what to which resource: each request that may change something, and each log-in (docs/operators/audit-trail.md).',
  ),
  retention: whole(
    'NOVAFLOW_AUDIT_TRAIL_RETENTION',
    90,
    'Days that an event of the audit trail is kept; 0 keeps them for ever.',
  ),
};
