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
}
