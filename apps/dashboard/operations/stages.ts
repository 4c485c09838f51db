/**
 * The numbered stages of an operation. A boot has the 17 of the seed documents' request flow, each with the steps that do it
 * here; every other operation has the request and its own steps.
 */
import type { OperationDetail, Step, StepState } from '../api/contract.js';
import { millisOf } from '../ui/times.js';
import type { BoxName, Hop } from './boxes.js';
import { stepsAt, type StepAt } from './replay.js';

/** A stage at a moment. */
export interface Stage {
  readonly label: string;
  readonly title: string;
  readonly hops: readonly Hop[];
  readonly state: StepState;
  readonly start: number | undefined;
  readonly end: number | undefined;
  readonly steps: readonly StepAt[];
  /** Its runs that failed on other hosts. */
  readonly earlier: readonly StepAt[];
}

/** What decides how far a stage is: the request, the start of its workflow, the steps with its number, or the end. */
type Measure = 'asked' | 'started' | 'steps' | 'handed' | 'ended';

interface Planned {
  readonly label: string;
  readonly title: string;
  readonly by: Measure;
  readonly hops: readonly Hop[];
}

/** The seed documents' titles and ways. */
const BOOT: readonly Planned[] = [
  { label: '1', title: 'Request VM provisioning via UI or CLI', by: 'asked', hops: [] },
  { label: '2', title: 'Validate the credentials', by: 'asked', hops: [['ui', 'keystone']] },
  { label: '3', title: 'Send the API request to nova-api', by: 'asked', hops: [['ui', 'api']] },
  { label: '4', title: 'Validate the API token', by: 'steps', hops: [['api', 'keystone']] },
  { label: '5', title: 'Process the API request', by: 'asked', hops: [['api', 'database']] },
  { label: '6', title: 'Publish the provisioning request', by: 'started', hops: [['api', 'queue']] },
  { label: '7', title: 'Pick up the provisioning request', by: 'steps', hops: [['queue', 'scheduler']] },
  { label: '8', title: 'Schedule the provisioning', by: 'steps', hops: [['scheduler', 'database']] },
  {
    label: '9',
    title: 'Start the provisioning',
    by: 'handed',
    hops: [
      ['conductor', 'queue'],
      ['queue', 'compute'],
    ],
  },
  {
    label: '10',
    title: 'Configure the network',
    by: 'steps',
    hops: [
      ['compute', 'neutron'],
      ['neutron', 'agent'],
    ],
  },
  {
    label: '11',
    title: 'Request the volumes',
    by: 'steps',
    hops: [
      ['compute', 'cinder'],
      ['cinder', 'volume'],
    ],
  },
  { label: '12', title: 'Request the image from Glance', by: 'steps', hops: [['compute', 'glance']] },
  { label: '13', title: 'Get the image’s URI', by: 'steps', hops: [['glance', 'registry']] },
  {
    label: '14',
    title: 'Copy the image directly',
    by: 'steps',
    hops: [
      ['objects', 'swift'],
      ['swift', 'compute'],
    ],
  },
  {
    label: '15',
    title: 'Start the VM via the hypervisor',
    by: 'steps',
    hops: [
      ['compute', 'hypervisor'],
      ['hypervisor', 'guest'],
    ],
  },
  {
    label: '16',
    title: 'The VM is up',
    by: 'steps',
    hops: [
      ['compute', 'conductor'],
      ['conductor', 'database'],
    ],
  },
  { label: '17', title: 'The user is happy', by: 'ended', hops: [['api', 'ui']] },
];

/** On what way a step of another operation goes, by the role that runs it and the service that it is of. */
const BY_ROLE: Readonly<Record<string, readonly Hop[]>> = {
  compute: [
    ['queue', 'compute'],
    ['compute', 'hypervisor'],
  ],
  volume: [['queue', 'volume']],
  network: [['queue', 'agent']],
};
const BY_SERVICE: Readonly<Record<string, BoxName>> = {
  cinder: 'cinder',
  volume: 'cinder',
  neutron: 'neutron',
  network: 'neutron',
  glance: 'glance',
  image: 'glance',
};

function wayOf({ on, service }: Step): readonly Hop[] {
  const ofRole = BY_ROLE[on];
  if (ofRole !== undefined) return ofRole;
  return [
    ['queue', 'conductor'],
    ['conductor', BY_SERVICE[service ?? ''] ?? 'database'],
  ];
}

/** The state of several steps as one: what is worst or still goes on tells. */
export function together(states: readonly StepState[]): StepState {
  const order = ['failed', 'undoing', 'running', 'undone'] as const;
  const telling = order.find((state) => states.includes(state));
  if (telling !== undefined) return telling;
  const real = states.filter((state) => state !== 'skipped');
  if (real.length === 0) return states.length === 0 ? 'waiting' : 'skipped';
  if (real.every((state) => state === 'done')) return 'done';
  return real.includes('done') ? 'running' : 'waiting';
}

const least = (times: readonly (number | undefined)[]): number | undefined => {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
};
const greatest = (times: readonly (number | undefined)[]): number | undefined => {
  const known = times.filter((time) => time !== undefined);
  return known.length === times.length && known.length > 0 ? Math.max(...known) : undefined;
};

type Timed = Pick<Stage, 'state' | 'start' | 'end'>;

const ofSteps = (steps: readonly StepAt[]): Timed => ({
  state: together(steps.map(({ state }) => state)),
  start: least(steps.map(({ start }) => start)),
  end: greatest(steps.map(({ end }) => end)),
});

/** A stage between two moments: waiting before the first, done from the second on. */
function between(start: number | undefined, end: number | undefined, at: number): Timed {
  if (start === undefined || at < start) return { state: 'waiting', start: undefined, end: undefined };
  if (end === undefined || at < end) return { state: 'running', start, end: undefined };
  return { state: 'done', start, end };
}

function ending({ operation }: OperationDetail, at: number): Timed {
  const end = millisOf(operation.ended_at);
  if (end === undefined || at < end) return { state: 'waiting', start: undefined, end: undefined };
  const state = operation.state === 'done' ? 'done' : operation.state === 'undone' ? 'undone' : 'failed';
  return { state, start: end, end };
}

/** Whether the host has been told to begin: what is chosen by the scheduler is there, and a step after it has begun. */
function handed(steps: readonly StepAt[], at: number): Timed {
  const chosen = steps.find(({ step }) => numbersOf(step).includes('8'));
  const next = steps.filter(({ step }) => numbersOf(step).some((label) => Number(label) >= 10));
  return between(chosen?.state === 'done' ? chosen.end : undefined, least(next.map(({ start }) => start)), at);
}

const numbersOf = ({ seed }: Step): readonly string[] => (seed ?? '').split(/[^0-9]+/).filter(Boolean);

function measured(planned: Planned, detail: OperationDetail, steps: readonly StepAt[], at: number): Timed {
  const { operation } = detail;
  const asked = millisOf(operation.requested_at);
  if (planned.by === 'asked') return between(asked, asked, at);
  if (planned.by === 'started')
    return between(asked, millisOf(operation.started_at) ?? least(steps.map((s) => s.start)), at);
  if (planned.by === 'ended') return ending(detail, at);
  return planned.by === 'handed'
    ? handed(steps, at)
    : ofSteps(steps.filter(({ step }) => numbersOf(step).includes(planned.label)));
}

/**
 * Of all runs of a step, on several hosts and with their undos, the one that tells how far it is: the last that has begun. A step that
 * failed and was undone stays the one that failed.
 */
function tellingRun(runs: readonly StepAt[]): StepAt | undefined {
  const last = runs.findLast(({ state }) => state !== 'waiting');
  if (last?.state !== 'undone') return last ?? runs[0];
  const undone = runs[runs.indexOf(last) - 1];
  return undone?.state === 'failed' ? undone : last;
}

function latest(runs: readonly StepAt[]): readonly StepAt[] {
  const keyOf = ({ step }: StepAt): string => `${step.name} ${step.branch ?? ''}`;
  return [...new Set(runs.map(keyOf))].flatMap((key) => tellingRun(runs.filter((one) => keyOf(one) === key)) ?? []);
}

/** Steps of the API are the request itself, which has stages of its own. */
const isApi = ({ step }: StepAt): boolean => step.on === 'api';

const isBoot = ({ steps }: OperationDetail): boolean => steps.some((step) => numbersOf(step).includes('15'));

/** The stages of any other operation: the request, and its own steps, numbered. */
function ofItsOwn(detail: OperationDetail, steps: readonly StepAt[], at: number): readonly Stage[] {
  const asked = millisOf(detail.operation.requested_at);
  const before: readonly Planned[] = [
    {
      label: '1',
      title: 'Send the API request',
      by: 'asked',
      hops: [
        ['ui', 'api'],
        ['api', 'database'],
      ],
    },
    { label: '2', title: 'Publish the request', by: 'started', hops: [['api', 'queue']] },
  ];
  return [
    ...before.map(({ label, title, by, hops }) => {
      const timed =
        by === 'asked' ? between(asked, asked, at) : measured({ label, title, by, hops }, detail, steps, at);
      return { label, title, hops, steps: [], earlier: [], ...timed };
    }),
    ...steps.map((one, index) => ({
      label: String(index + 3),
      title: one.step.title,
      hops: wayOf(one.step),
      steps: [one],
      earlier: [],
      state: one.state,
      start: one.start,
      end: one.end,
    })),
    {
      label: String(steps.length + 3),
      title: 'Ended',
      hops: [['api', 'ui'] as const],
      steps: [],
      earlier: [],
      ...ending(detail, at),
    },
  ];
}

/** @param at milliseconds since 1970; undefined: as it is now */
export function stagesOf(detail: OperationDetail, at: number | undefined): readonly Stage[] {
  const runs = stepsAt(detail, at).filter((one) => !isApi(one));
  const steps = latest(runs);
  const isOf = (label: string, one: StepAt): boolean => numbersOf(one.step).includes(label);
  const moment = at ?? Infinity;
  if (!isBoot(detail)) return ofItsOwn(detail, steps, moment);
  return BOOT.map((planned) => ({
    label: planned.label,
    title: planned.title,
    hops: planned.hops,
    steps: planned.by === 'steps' ? steps.filter((one) => isOf(planned.label, one)) : [],
    earlier: runs.filter((one) => one.state === 'failed' && !steps.includes(one) && isOf(planned.label, one)),
    ...measured(planned, detail, steps, moment),
  }));
}
