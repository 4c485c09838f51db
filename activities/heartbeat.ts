import { activityInfo, Context, type Info } from '@temporalio/activity';
import type { AttemptRecord } from '#services/kernel/engine';

/** What our heartbeats say: how far an attempt is, and what the attempts before it came to. */
interface Beat {
  readonly attempts?: readonly AttemptRecord[];
}

/** The attempts that the one before this one told of. */
export const handedOn = ({ heartbeatDetails }: Pick<Info, 'heartbeatDetails'>): readonly AttemptRecord[] => {
  const { attempts } = Object(heartbeatDetails) as Beat;
  return Array.isArray(attempts) ? attempts : [];
};

/** Tells Temporal that the step goes on, and how far it is. What it says replaces what was said before, so it says that again. */
export function heartbeat(progress: object = {}): void {
  const attempts = handedOn(activityInfo());
  Context.current().heartbeat({ ...progress, ...(attempts.length === 0 ? {} : { attempts }) });
}

/** Hands the attempts so far on to the next one. */
export const handOn = (attempts: readonly AttemptRecord[]): void =>
  Context.current().heartbeat({ attempts } satisfies Beat);
