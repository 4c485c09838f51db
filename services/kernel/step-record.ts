/** One step of an operation, as its workflow reports it. Times are ISO 8601. */
export interface StepRecord {
  readonly step: string;
  readonly status: 'running' | 'done' | 'failed' | 'undoing' | 'undone';
  readonly startedAt: string;
  readonly finishedAt?: string;
  readonly host?: string;
  /** The part of the operation that it belongs to, beside which others run: `volume/<id>`. */
  readonly branch?: string;
  /** What the step did, or why it failed, in one line. */
  readonly detail?: string;
  /** Its attempts, the last one among them; absent where there was one. */
  readonly attempts?: readonly AttemptRecord[];
}

/** One attempt of a step. */
export interface AttemptRecord {
  readonly n: number;
  /** By the clock of where it ran; absent for one whose worker was killed or gave no answer. */
  readonly startedAt?: string;
  readonly finishedAt?: string;
  /** Why it failed; absent where it did not. */
  readonly error?: string;
}
