import type { CardEnds } from './index.js';

/** Cards without an end: guests see them and reach nobody. */
export const noCards: CardEnds = {
  open: () => Promise.resolve({ kind: 'none' }),
  connect: () => Promise.resolve(),
  counters: () => Promise.resolve([]),
};
