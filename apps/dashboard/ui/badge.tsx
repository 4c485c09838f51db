import type { ReactNode } from 'react';

const GOOD = new Set(['ACTIVE', 'AVAILABLE', 'IN-USE', 'UP', 'ENABLED', 'DONE', 'TRUE']);
const BAD = new Set(['ERROR', 'FAILED', 'DOWN', 'STUCK', 'KILLED', 'UNDONE', 'ERROR_DELETING']);
const REST = new Set(['SHUTOFF', 'PAUSED', 'SUSPENDED', 'DELETED', 'DISABLED', 'DEACTIVATED', 'WAITING', 'SKIPPED']);

/** Whether a status says that something is under way, in any service's words. */
export const isTransition = (status: string): boolean => {
  const upper = status.toUpperCase();
  return !GOOD.has(upper) && !BAD.has(upper) && !REST.has(upper) && upper !== 'FALSE' && upper !== '';
};

const toneOf = (status: string): string => {
  const upper = status.toUpperCase();
  if (GOOD.has(upper)) return 'good';
  if (BAD.has(upper)) return 'bad';
  return isTransition(status) ? 'busy' : 'quiet';
};

/** A state, by word and by colour. */
export const Badge = ({ status }: { readonly status: string }): ReactNode => (
  <span className={`badge ${toneOf(status)}`}>{status}</span>
);
