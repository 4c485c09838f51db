import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** A line of a process's log, as far as a story is told of it. */
export interface LogLine {
  /** ISO 8601. */
  readonly time: string;
  readonly level: string;
  /** The process. */
  readonly service: string;
  readonly msg: string;
  readonly requestId?: string;
  /** The request that this one was made for. */
  readonly globalRequestId?: string;
  readonly workflowId?: string;
  readonly kind?: string;
  readonly step?: string;
  readonly attempt?: number;
  /** How long what it tells of took. */
  readonly ms?: number;
  readonly method?: string;
  readonly path?: string;
  readonly status?: number;
  readonly error?: string;
}

/**
 * The lines of all processes that were written on behalf of a request, the oldest first.
 * @param folder the logs of a state directory, those that were put aside too (apps/standalone/log-file.ts)
 */
export async function linesOf(folder: string, requestId: string): Promise<LogLine[]> {
  const names = (await readdir(folder)).filter((name) => /\.log(\.1)?$/.test(name));
  const found = await Promise.all(names.map((name) => linesIn(path.join(folder, name), requestId)));
  return found.flat().toSorted((a, b) => Date.parse(a.time) - Date.parse(b.time));
}

async function linesIn(file: string, requestId: string): Promise<LogLine[]> {
  const found: LogLine[] = [];
  for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
    // Few lines are of one request, and to look for a text is far less than to parse it.
    if (!text.includes(requestId)) continue;
    const line = parsed(text);
    if (line && (line.requestId === requestId || line.globalRequestId === requestId)) found.push(line);
  }
  return found;
}

/** Undefined for what other programs wrote into the same file, and for half a line. */
function parsed(text: string): LogLine | undefined {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return undefined;
  }
}
