import { Cron } from 'croner';
import { LRUCache } from 'lru-cache';
import { Type, type Static } from 'typebox';
import { badRequest } from '../kernel/errors.js';
import { invalidInput } from './words.js';

/** When an alarm is looked at (alarms.py: AlarmTimeConstraint). The client sends the duration as a text. */
export const TimeConstraint = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 255 }),
    description: Type.Optional(Type.String({ maxLength: 255 })),
    start: Type.String({ minLength: 1, maxLength: 255, description: 'In cron’s format.' }),
    duration: Type.Union([Type.Integer({ minimum: 0 }), Type.String({ pattern: '^\\d{1,10}$' })], {
      description: 'Seconds.',
    }),
    timezone: Type.Optional(Type.String({ maxLength: 64 })),
  },
  { additionalProperties: false },
);
type Given = Static<typeof TimeConstraint>;
export type KeptConstraint = Readonly<Required<Omit<Given, 'duration'>> & { duration: number }>;

/** Aodh's longest is what Python's timedelta holds; ten years are what a computation of the next start stands. */
const LONGEST = 10 * 365 * 86_400;
/** Cron's five fields. Its library would take a sixth one for seconds at the front, where Aodh's takes it at the end. */
const FIVE = /^\s*\S+(\s+\S+){4}\s*$/;

const cronOf = ({ start, timezone }: Pick<KeptConstraint, 'start' | 'timezone'>): Cron =>
  new Cron(start, { paused: true, ...(timezone === '' ? { timezone: 'UTC' } : { timezone }) });

/** Constraints as they are kept. @throws 400 in Aodh's words */
export function normalConstraints(given: readonly Given[]): KeptConstraint[] {
  const kept = given.map(normal);
  if (new Set(kept.map((one) => one.name)).size < kept.length)
    throw badRequest('Time constraint names must be unique for a given alarm.');
  return kept;
}

function normal(given: Given): KeptConstraint {
  const { name, start, timezone = '' } = given;
  const duration = Number(given.duration);
  if (duration > LONGEST)
    throw invalidInput('duration', String(given.duration), `Value should be lower or equal to ${LONGEST}`);
  if (timezone !== '' && !isZone(timezone)) throw badRequest(`Timezone ${timezone} is not valid`);
  if (!FIVE.test(start)) throw invalidInput('start', start, 'It should have the five fields of cron.');
  if (!startsEver({ start, timezone })) throw invalidInput('start', start, 'It is no time in the format of cron.');
  const description = given.description || `Time constraint at ${start} lasting for ${duration} seconds`;
  return { name, description, start, duration, timezone };
}

/** February 30 never comes. To find that out takes 0.1 s, which is why it is found out here. */
function startsEver(constraint: Pick<KeptConstraint, 'start' | 'timezone'>): boolean {
  try {
    return cronOf(constraint).nextRun(new Date(0)) !== null;
  } catch {
    return false;
  }
}

function isZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
/** Aodh's starts have the precision of a minute: one that has begun in this minute holds, however short it is. */
const MINUTE = 60;

/** What was found out of constraints: from when on the next start is known. Patterns that start once a year take 40 ms to look up. */
const known = new LRUCache<string, { readonly since: number; readonly next: number }>({ max: 10_000 });

/** The first start behind a time, in milliseconds. */
function nextStart(constraint: KeptConstraint, since: number): number {
  const key = JSON.stringify([constraint.start, constraint.timezone]);
  const found = known.get(key);
  // Between the time that it was looked up for and the start that was found there is no other.
  if (found !== undefined && found.since <= since && since < found.next) return found.next;
  const next = cronOf(constraint).nextRun(new Date(since))?.getTime() ?? Infinity;
  known.set(key, { since, next });
  return next;
}

/** Whether a time is within one of the constraints; without any it is (evaluator/__init__.py: within_time_constraint). */
export const isWithin = (constraints: readonly KeptConstraint[], now: Date): boolean =>
  constraints.length === 0 ||
  constraints.some((one) => {
    // A start within the last `duration` seconds: the first one behind their beginning is no later than now.
    const since = now.getTime() - Math.max(one.duration, MINUTE) * 1_000 - 1;
    return nextStart(one, since) <= now.getTime();
  });
