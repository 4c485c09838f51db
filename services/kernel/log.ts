import pino, { type Logger } from 'pino';
import { logContext } from './log-context.js';
import { isSecret } from './secrets.js';

export type { Logger };

/** Deeper than anything that is logged on purpose; what is deeper is left out. */
const MAX_DEPTH = 8;

/**
 * One JSON object per line on stdout. Fields that carry a secret are blanked at any depth, so a careless log call
 * leaks nothing. A line says on whose behalf it was written (log-context.ts), wherever that was.
 */
export function makeLogger(name: string, level: string, to?: pino.DestinationStream): Logger {
  const options: pino.LoggerOptions = {
    name,
    level,
    base: { service: name },
    // A copy: pino writes the line's own fields into it.
    mixin: () => ({ ...logContext() }),
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: {
      level: (label) => ({ level: label }),
      log: (fields) => blanked(fields, 0) as Record<string, unknown>,
      bindings: (fields) => blanked(fields, 0) as Record<string, unknown>,
    },
    serializers: { err: (error: unknown) => blanked(pino.stdSerializers.err(error as Error), 0) },
  };
  return to === undefined ? pino(options) : pino(options, to);
}

/** The value with its secrets blanked; the value itself where it has none, which costs a look at its keys. */
function blanked(value: unknown, depth: number): unknown {
  // An error is read by its serializer, and its fields come here then.
  if (typeof value !== 'object' || value === null || value instanceof Error || value instanceof Date) return value;
  if (depth > MAX_DEPTH) return '…';
  if (Array.isArray(value)) {
    const items = value.map((item) => blanked(item, depth + 1));
    return items.some((item, i) => item !== value[i]) ? items : value;
  }
  let copy: Record<string, unknown> | undefined;
  for (const [key, inner] of Object.entries(value)) {
    const safe = isSecret(key) ? '***' : blanked(inner, depth + 1);
    if (safe !== inner) (copy ??= { ...value })[key] = safe;
  }
  return copy ?? value;
}
