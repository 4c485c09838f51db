import type { ReactNode } from 'react';
import type { OperationDetail } from '../api/contract.js';
import { duration } from '../ui/times.js';
import { happenings } from './replay.js';

/** What happened until the moment that is shown, the newest first. */
export function Happenings({ detail, from, at }: { detail: OperationDetail; from: number; at: number }): ReactNode {
  const until = happenings(detail)
    .filter((one) => one.at <= at)
    .toReversed();
  return (
    <ol className="happenings" aria-label="Events" tabIndex={0}>
      {until.map((one) => (
        <li key={`${one.at} ${one.text}`}>
          <span className="mono quiet">+{duration(one.at - from)}</span>
          <span className={one.tone === 'bad' ? 'trouble' : undefined}>{one.text}</span>
        </li>
      ))}
    </ol>
  );
}
