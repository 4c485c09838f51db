import { setTimeout as sleep } from 'node:timers/promises';
import { Api } from '#apps/standalone/api';
import { findTiny, liftQuotas, tinyServer } from '#apps/standalone/tiny-server';
import { COLOURS, chartOf, type Line } from '../chart.js';
import { forSeconds, summarize, type Outcome } from '../measure.js';
import { memoryOf } from '../memory.js';
import { ratio, type Bench, type Finding, type Scenario } from '../scenario.js';

/** Requests for each that the cloud can carry out. */
const TIMES_CAPACITY = 2;
/** How long the capacity is measured, in seconds. */
const CAPACITY_S = 20;
/** One request in five is of a second project: its servers must not wait behind all of the first one's. */
const SECOND_PROJECT = 1 / 5;
const TICK_MS = 50;
const LOOK_MS = 1_000;
const DELETES_AT_ONCE = 10;
/** What waits when the requests end is built within this. */
const DRAIN_MS = 600_000;

interface Accepted {
  readonly at: number;
  activeAt?: number;
}
interface Sample {
  /** Seconds from the beginning. */
  readonly at: number;
  readonly accepted: number;
  readonly refused: number;
  readonly active: number;
  readonly waiting: readonly number[];
  readonly memoryMb: number;
}

/** A project that asks for servers, whatever the answer, and deletes each when it is ACTIVE. */
class Project {
  readonly servers = new Map<string, Accepted>();
  readonly answers: Outcome[] = [];
  readonly errors: string[] = [];
  refused = 0;
  readonly other: string[] = [];
  private readonly toDelete: string[] = [];

  private constructor(
    readonly api: Api,
    private readonly body: object,
  ) {}

  static async prepare(api: Api): Promise<Project> {
    await liftQuotas(api, api.projectId);
    return new Project(api, tinyServer(await findTiny(api), 'image', { name: 'overload' }));
  }

  async ask(): Promise<void> {
    const began = performance.now();
    try {
      const { status, body } = await this.api.request<{ server?: { id: string } }>(
        'POST',
        '/compute/v2.1/servers',
        this.body,
      );
      this.answers.push({ ms: performance.now() - began });
      if (status === 202 && body.server) this.servers.set(body.server.id, { at: Date.now() });
      else if (status === 503) this.refused++;
      else this.other.push(`${status}: ${JSON.stringify(body)}`);
    } catch (error) {
      this.other.push(error instanceof Error ? error.message : String(error));
    }
  }

  /** Sees what has become ACTIVE, and deletes it. */
  async look(): Promise<void> {
    const list = async (status: string): Promise<string[]> =>
      (
        await this.api.call<{ servers: { id: string }[] }>('GET', `/compute/v2.1/servers?status=${status}&sort_dir=asc`)
      ).servers.map((s) => s.id);
    const [active, error] = await Promise.all([list('ACTIVE'), list('ERROR')]);
    const now = Date.now();
    for (const id of active) {
      const server = this.servers.get(id);
      if (!server || server.activeAt !== undefined) continue;
      server.activeAt = now;
      this.toDelete.push(id);
    }
    for (const id of error) if (!this.errors.includes(id)) this.errors.push(id);
    while (this.toDelete.length > 0) {
      const some = this.toDelete.splice(0, DELETES_AT_ONCE);
      await Promise.all(some.map((id) => this.api.call('DELETE', `/compute/v2.1/servers/${id}`)));
    }
  }

  get waiting(): number {
    return this.servers.size - this.active.length - this.errors.length;
  }
  get active(): Accepted[] {
    return [...this.servers.values()].filter((s) => s.activeAt !== undefined);
  }
  /** From 202 to ACTIVE. */
  get waits(): Outcome[] {
    return this.active.map((s) => ({ ms: s.activeAt! - s.at }));
  }
}

/** Who asks in a project of their own, next to the bench's. */
async function secondProject({ api, login }: Bench): Promise<Project> {
  const { project } = await api.call<{ project: { id: string } }>('POST', '/identity/v3/projects', {
    project: { name: 'bench-second' },
  });
  const { users } = await api.call<{ users: { id: string }[] }>('GET', '/identity/v3/users?name=admin');
  const { roles } = await api.call<{ roles: { id: string }[] }>('GET', '/identity/v3/roles?name=admin');
  await api.call('PUT', `/identity/v3/projects/${project.id}/users/${users[0]!.id}/roles/${roles[0]!.id}`);
  return Project.prepare(await Api.login({ ...login, project: 'bench-second' }));
}

/** Asks at a rate, without waiting for answers, for so many seconds. */
async function askFor(seconds: number, perSecond: number, projects: readonly [Project, Project]): Promise<void> {
  const began = Date.now();
  const pending = new Set<Promise<void>>();
  for (let asked = 0; Date.now() - began < seconds * 1000; await sleep(TICK_MS)) {
    for (const due = ((Date.now() - began) / 1000) * perSecond; asked < due; asked++) {
      const one = projects[asked % Math.round(1 / SECOND_PROJECT) === 0 ? 1 : 0].ask();
      pending.add(one);
      void one.finally(() => pending.delete(one));
    }
  }
  await Promise.all(pending);
}

/** Looks and takes samples until the signal. */
async function watch(bench: Bench, projects: readonly Project[], began: number, until: AbortSignal): Promise<Sample[]> {
  const samples: Sample[] = [];
  const sum = (of: (p: Project) => number): number => projects.reduce((n, p) => n + of(p), 0);
  while (!until.aborted) {
    await Promise.all(projects.map((p) => p.look()));
    samples.push({
      at: (Date.now() - began) / 1000,
      accepted: sum((p) => p.servers.size),
      refused: sum((p) => p.refused),
      active: sum((p) => p.active.length),
      waiting: projects.map((p) => p.waiting),
      memoryMb: memoryOf(bench.cloud.processes()).total,
    });
    await sleep(LOOK_MS, undefined, { signal: until }).catch(() => undefined);
  }
  return samples;
}

export const overload: Scenario = {
  name: 'overload',
  title: 'More than it can carry',
  async run(bench): Promise<Finding> {
    const { boots, options, say } = bench;
    const capacity = await forSeconds(CAPACITY_S, options.concurrency, () => boots.bootAndDelete());
    await boots.deleteAll();
    const perSecond = summarize(capacity.outcomes, capacity.seconds).perSecond;
    const rate = Math.round(perSecond * TIMES_CAPACITY * 10) / 10;
    say(`${perSecond} boots with deletes per second are possible; asking for ${rate} for ${options.overloadSeconds} s`);
    const projects: [Project, Project] = [await Project.prepare(bench.api), await secondProject(bench)];
    const began = Date.now();
    const stop = new AbortController();
    const watching = watch(bench, projects, began, stop.signal);
    await askFor(options.overloadSeconds, rate, projects);
    say('the requests are over; waiting for what was accepted');
    const drained = Date.now();
    while (projects.some((p) => p.waiting > 0) && Date.now() - drained < DRAIN_MS) await sleep(LOOK_MS);
    await boots.allGone('overload');
    stop.abort();
    return findingOf(projects, await watching, rate, options.overloadSeconds, (Date.now() - drained) / 1000);
  },
};

function findingOf(
  projects: readonly [Project, Project],
  samples: readonly Sample[],
  rate: number,
  seconds: number,
  drainSeconds: number,
): Finding {
  const row = (name: string, p: Project): (string | number)[] => {
    const [answers, waits] = [summarize(p.answers, seconds), summarize(p.waits, seconds)];
    const [p50, p95] = [waits.p50, waits.p95].map((ms) => Math.round(ms / 100) / 10);
    return [name, p.servers.size, p.refused, p.active.length, p.errors.length, answers.p50, answers.p95, p50!, p95!];
  };
  const lost = projects.reduce((n, p) => n + p.waiting, 0);
  const other = [...new Set(projects.flatMap((p) => p.other))];
  const memory = (from: number, to: number): number => {
    const some = samples.filter((s) => s.at >= from * seconds && s.at < to * seconds).map((s) => s.memoryMb);
    return Math.round(some.reduce((a, b) => a + b, 0) / some.length);
  };
  const [early, late] = [memory(0.2, 0.4), memory(0.8, 1)];
  return {
    columns: ['', '202', '503', 'ACTIVE', 'ERROR', 'answer p50 ms', 'answer p95 ms', 'wait p50 s', 'wait p95 s'],
    rows: [row('first project, four of five requests', projects[0]), row('second project', projects[1])],
    says: [
      `${rate} requests per second for ${seconds} s, ${TIMES_CAPACITY} times what the cloud can carry; each server is deleted when it is ACTIVE. What was accepted and neither ACTIVE nor in ERROR at the end: ${lost}. The backlog was gone ${Math.round(drainSeconds)} s after the last request.`,
      `Memory of the whole cloud: ${early} MB on average in the second fifth of the run, ${late} MB in the last.`,
      ...other,
    ],
    figures: {
      perSecond: rate,
      seconds,
      accepted: projects[0].servers.size + projects[1].servers.size,
      refused: projects[0].refused + projects[1].refused,
      errors: projects[0].errors.length + projects[1].errors.length,
      lost,
      otherAnswers: other.length,
      memoryEarlyMb: early,
      memoryLateMb: late,
      memoryRatio: ratio(late, early),
    },
    charts: { overload: graphOf(samples, rate) },
  };
}

function graphOf(samples: readonly Sample[], rate: number): string {
  /** What was counted in the ten seconds before each sample, per second. */
  const rateOf = (of: (s: Sample) => number): [number, number][] =>
    samples.flatMap((s) => {
      const before = samples.findLast((b) => b.at <= s.at - 10);
      return before ? [[s.at, (of(s) - of(before)) / (s.at - before.at)] as [number, number]] : [];
    });
  const line = (label: string, colour: string, points: [number, number][]): Line => ({ label, colour, points });
  return chartOf({
    title: `${rate} requests for servers per second, ${TIMES_CAPACITY} times what the cloud can carry`,
    xLabel: 'seconds',
    panels: [
      {
        title: 'per second',
        lines: [
          line(
            '202',
            COLOURS.blue,
            rateOf((s) => s.accepted),
          ),
          line(
            '503',
            COLOURS.red,
            rateOf((s) => s.refused),
          ),
          line(
            'ACTIVE',
            COLOURS.green,
            rateOf((s) => s.active),
          ),
        ],
      },
      {
        title: 'servers in BUILD',
        lines: [
          line(
            'first project',
            COLOURS.blue,
            samples.map((s) => [s.at, s.waiting[0] ?? 0]),
          ),
          line(
            'second project',
            COLOURS.orange,
            samples.map((s) => [s.at, s.waiting[1] ?? 0]),
          ),
        ],
      },
      {
        title: 'memory of the cloud, MB',
        lines: [
          line(
            'resident',
            COLOURS.grey,
            samples.map((s) => [s.at, s.memoryMb]),
          ),
        ],
      },
    ],
  });
}
