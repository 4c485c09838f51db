import { lettersOf, matchesWildcards } from '../../kernel/wildcards.js';
import type { Notification } from '../../notifications/index.js';
import { convert, type Comparison } from '../rules.js';
import { COMPARATORS } from './threshold.js';
import type { EvaluatedAlarm, Verdict } from './verdicts.js';

/** A condition of an event alarm, as its rule has it. */
interface Condition {
  readonly field: string;
  readonly op: Comparison;
  readonly value: string;
  readonly type?: string;
}
interface EventRule {
  readonly event_type: string;
  readonly query: readonly Condition[];
}
type Scalar = string | number | boolean;

/** Ceilometer's event: what is told of a notification, and its traits (ceilometer/event/models.py). */
interface Event {
  readonly message_id: string;
  readonly event_type: string;
  readonly generated: string;
  readonly traits: Readonly<Record<string, Scalar>>;
}

const isScalar = (value: unknown): value is Scalar => ['string', 'number', 'boolean'].includes(typeof value);
/**
 * Attributes of extensions (`provider:segmentation_id`, `binding:host_id`) are for administrators, most of them, and an alarm tells its
 * traits to an address of a user's: Ceilometer makes a trait of none (event_definitions.yaml).
 */
const isTrait = (entry: [string, unknown]): entry is [string, Scalar] => !entry[0].includes(':') && isScalar(entry[1]);

/**
 * A notification as an event: its traits are what its payload says in so many words, also within the one thing that it is
 * about (`network` of Neutron's), and whose it is.
 */
export function eventOf(told: Notification): Event {
  const own = {
    service: told.publisher_id,
    request_id: told.request_id,
    project_id: told.project_id,
    user_id: told.user_id,
    resource_id: told.resource_id,
  };
  const members: [string, unknown][] = Object.entries(told.payload);
  const within = members.flatMap(([, value]): [string, unknown][] =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [],
  );
  const all: [string, unknown][] = [...within, ...members, ...Object.entries(own)];
  return {
    message_id: told.message_id,
    event_type: told.event_type,
    generated: told.at.toISOString(),
    traits: Object.fromEntries(all.filter(isTrait)),
  };
}

/** What Aodh calls the types of traits (evaluator/event.py: TRAIT_TYPES). */
const typeOf = (value: Scalar): number => (typeof value !== 'number' ? 1 : Number.isInteger(value) ? 2 : 3);

/**
 * What an event does to an alarm (evaluator/event.py: _evaluate_alarm). It never leaves the state `alarm` by itself, and one
 * that is in it is told again only where its actions are to be repeated.
 * @param state the alarm's, which an earlier event may have changed
 */
export function judgeEvent(alarm: EvaluatedAlarm, state: Verdict['previous'], event: Event): Verdict | undefined {
  const rule = alarm.rule as unknown as EventRule;
  if (state === 'alarm' && !alarm.repeat_actions) return undefined;
  if (!matches(rule.event_type, event.event_type)) return undefined;
  if (!rule.query.every((condition) => meets(event, condition))) return undefined;
  const traits = Object.entries(event.traits).map(([name, value]) => [name, typeOf(value), value]);
  return {
    alarm_id: alarm.alarm_id,
    defined: alarm.defined,
    previous: state,
    counted: null,
    next: 'alarm',
    reason: `Event <id=${event.message_id},event_type=${event.event_type}> hits the query <query=${JSON.stringify(rule.query)}>.`,
    reason_data: { type: 'event', event: { ...event, traits } },
    always: alarm.repeat_actions,
  };
}

function meets(event: Event, { field, op, value, type }: Condition): boolean {
  const [first, ...rest] = field.split('.');
  if (first !== 'traits') {
    const own = { message_id: event.message_id, event_type: event.event_type, generated: event.generated };
    return Object.hasOwn(own, field) && COMPARATORS[op]<string>(own[field as keyof typeof own], value);
  }
  const name = rest.join('.');
  if (!Object.hasOwn(event.traits, name)) return false;
  const wanted = convert(value, type);
  const found = event.traits[name]!;
  // A trait is compared in the type that the condition names: text, unless it names one.
  if (typeof wanted === 'number') return Number.isFinite(Number(found)) && COMPARATORS[op](Number(found), wanted);
  if (typeof wanted === 'boolean') return COMPARATORS[op](String(found).toLowerCase() === 'true', wanted);
  return COMPARATORS[op](String(found), wanted);
}

/** Whether a type of events is one that an alarm looks for: `*` stands for any text and `?` for a letter, as in Python's fnmatch. */
export const matches = (pattern: string, text: string): boolean =>
  matchesWildcards(
    lettersOf(pattern).map((letter) =>
      letter === '*' ? { any: 'text' } : letter === '?' ? { any: 'letter' } : letter,
    ),
    text,
  );
