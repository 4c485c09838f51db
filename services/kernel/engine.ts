import type { NewOperation, OperationStory } from './operations.js';
import type { StepRecord } from './step-record.js';

export type { AttemptRecord, StepRecord } from './step-record.js';

/** The engine will never take this start, for what it is: to ask again does not help. The message says why. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
}

/** What services ask of the workflow engine. Implemented in apps/temporal. The id of a workflow is its operation's. */
export interface Engine {
  /**
   * Starts the workflow of an operation. One that is there already counts as started.
   * @throws StartRefused when it can never start
   */
  start(operation: Startable): Promise<void>;
  /** The steps so far of a running workflow; undefined when it is not running or cannot be asked just now. */
  story(operationId: string): Promise<readonly StepRecord[] | undefined>;
  /** Ids of the workflows that are open now. */
  openWorkflows(): Promise<readonly string[]>;
  /** Whether a workflow is open now, by the engine's own word and not by its index. */
  isOpen(operationId: string): Promise<boolean>;
  /** Asks a workflow to stop; it ends when it has undone itself. */
  cancel(operationId: string): Promise<void>;
  /** Ends a workflow at once, without an undo: for one that does not move. */
  terminate(operationId: string, reason: string): Promise<void>;
}

/** What a start needs of its operation. */
export type Startable = Pick<NewOperation, 'id' | 'kind' | 'resource_id' | 'project_id' | 'request_id' | 'input'> & {
  readonly resource_type: string;
  readonly story: OperationStory;
  /** Workflows of an older version that did the same: they are ended before this one starts. */
  readonly replaces?: readonly string[];
};
