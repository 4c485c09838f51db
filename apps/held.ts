/** Set for a process that the supervisor starts ahead of its time. */
const HELD = 'NOVAFLOW_HELD';

/** What a held process answers when a task has ended. */
export interface TaskEnd {
  readonly task: string;
  /** Why it failed; absent where it did not. */
  readonly error?: string;
}

/** The end of a task, if a message of a process is one. */
export const taskEndOf = (message: unknown): TaskEnd | undefined =>
  typeof message === 'object' && message !== null && 'task' in message ? (message as TaskEnd) : undefined;

/**
 * A process that is started ahead of its time does all that it can do by itself, and then waits here until the supervisor
 * says that what it stands on (the database, Temporal) is ready. Any other goes on at once.
 * @param stop ends the wait, too
 * @param tasks what the supervisor may have it do before, by name
 */
export async function released(
  stop: AbortSignal,
  tasks: Readonly<Record<string, () => Promise<void>>> = {},
): Promise<void> {
  if (process.env[HELD] === undefined || stop.aborted) return;
  delete process.env[HELD];
  // The supervisor has gone while the code was loaded, and nobody will say anything.
  if (!process.connected) process.exit(1);
  await new Promise<void>((resolve) => {
    const hear = (message: unknown): void => {
      if (message === 'go') return end();
      const task = typeof message === 'string' ? tasks[message] : undefined;
      if (task !== undefined) void perform(message as string, task);
    };
    const end = (): void => {
      process.off('message', hear);
      resolve();
    };
    process.on('message', hear);
    stop.addEventListener('abort', end, { once: true });
  });
}

async function perform(name: string, task: () => Promise<void>): Promise<void> {
  const end = await task().then(
    (): TaskEnd => ({ task: name }),
    (error: unknown): TaskEnd => ({ task: name, error: error instanceof Error ? error.message : String(error) }),
  );
  process.send?.(end);
}
