import type { ReactNode } from 'react';

interface Props {
  readonly of: string;
  readonly used: number;
  /** What there is of it; nothing is drawn of what has no limit. */
  readonly all: number;
}

/** Above so much of a whole a bar is shown as nearly full. */
const HIGH = 0.8;

/** So much of so much, as a bar. */
export const Meter = ({ of, used, all }: Props): ReactNode =>
  all > 0 ? <meter aria-label={`${of}: ${used} of ${all}`} value={used} max={all} high={all * HIGH} /> : null;
