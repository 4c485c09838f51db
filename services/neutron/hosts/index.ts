import type { Statements } from '../../kernel/database.js';
import { HostChanges, type HostChange } from './changes.js';
import { HostReports } from './reports.js';
import { HostStates, partOf, type HostState } from './state.js';

export type { HostState } from './state.js';

/** A host that has nothing new to hear asks again after this long: shorter than what stands between two machines keeps a silent connection. */
const WAIT_MS = 25_000;

/** What hosts' networks are to be, and what they are. */
export class HostNetworks {
  readonly changes: HostChanges;
  readonly reports: HostReports;
  private readonly states: HostStates;

  constructor(sql: Statements) {
    this.changes = new HostChanges(sql);
    this.reports = new HostReports(sql);
    this.states = new HostStates(sql);
  }

  /**
   * Waits until a host's network is to be another than the host knows.
   * @param since the generation that the host has @param signal ends the waiting
   * @returns undefined when nothing has changed for a while
   */
  async next(host: string, since: string | undefined, signal: AbortSignal): Promise<HostState | undefined> {
    const until = AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)]);
    let parts: ReadonlySet<string> = new Set();
    let changed = false;
    let wake: () => void = () => undefined;
    const stop = this.changes.listen((changes) => {
      if (!changes.some((change) => isPart(change, parts))) return;
      changed = true;
      wake();
    });
    try {
      for (;;) {
        changed = false;
        const told = await this.states.of(host);
        if (told.state.generation !== since) return told.state;
        ({ parts } = told);
        await new Promise<void>((resolve) => {
          wake = resolve;
          until.addEventListener('abort', () => resolve(), { once: true });
          if (changed || until.aborted) resolve();
        });
        if (until.aborted) return undefined;
      }
    } finally {
      stop();
    }
  }
}

const isPart = ({ kind, key }: HostChange, parts: ReadonlySet<string>): boolean => parts.has(partOf(kind, key));
