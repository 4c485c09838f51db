import pino, { type Logger } from 'pino';

export type { Logger };

/**
 * One JSON object per line on stdout. Fields that carry a secret are blanked wherever they stand, so a careless
 * log call leaks nothing.
 */
export function makeLogger(name: string, level: string): Logger {
  const secret = [
    'password',
    'adminPass',
    'admin_pass',
    'user_data',
    'token',
    'secret',
    'authorization',
    '["x-auth-token"]',
    '["x-subject-token"]',
  ];
  return pino({
    name,
    level,
    base: { service: name },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: secret.flatMap((k) => (k.startsWith('[') ? [k, `*${k}`] : [k, `*.${k}`])), censor: '***' },
  });
}
