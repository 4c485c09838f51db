import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';

/** The ports of a single-machine cloud, beside the API's own. */
export interface Ports {
  readonly postgres: number;
  readonly temporal: number;
  readonly temporalUi: number;
  /** Of the metrics of each process. */
  readonly metrics: number;
  readonly conductorMetrics: number;
  readonly hostMetrics: number;
}
/** Temporal's own defaults, so that its tools find it; each gives way when it is taken. */
const PREFERRED: Ports = {
  postgres: 15432,
  temporal: 7233,
  temporalUi: 8233,
  metrics: 8775,
  conductorMetrics: 8785,
  hostMetrics: 8786,
};

export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

/**
 * Below the ports that systems give to outgoing connections: one of those could take a port before its owner does. Each
 * process has a block of its own, so that clouds that start at once, in one process or in several, get different ones.
 */
const BLOCK = { first: 10_000, count: 400, size: 50 };
let chosen = 0;

/** A port that nobody listens on now. @throws when the whole block is taken */
export async function freePort(): Promise<number> {
  const block = BLOCK.first + (process.pid % BLOCK.count) * BLOCK.size;
  for (let tries = 0; tries < BLOCK.size; tries++) {
    const port = block + (chosen++ % BLOCK.size);
    if (await isFree(port)) return port;
  }
  throw new Error(`Ports ${block} to ${block + BLOCK.size - 1} are all taken.`);
}

/** The ports of this state directory: those of the last time while they are free, else the usual ones, else any. */
export async function choosePorts(home: string): Promise<Ports> {
  const file = path.join(home, 'ports.json');
  const last = await readFile(file, 'utf8').then(
    // An older version knew fewer of them.
    (text) => ({ ...PREFERRED, ...(JSON.parse(text) as Partial<Ports>) }),
    () => PREFERRED,
  );
  const taken = new Set<number>();
  const choose = async (wanted: number): Promise<number> => {
    const port = !taken.has(wanted) && (await isFree(wanted)) ? wanted : await freePort();
    taken.add(port);
    return port;
  };
  const ports: Ports = {
    postgres: await choose(last.postgres),
    temporal: await choose(last.temporal),
    temporalUi: await choose(last.temporalUi),
    metrics: await choose(last.metrics),
    conductorMetrics: await choose(last.conductorMetrics),
    hostMetrics: await choose(last.hostMetrics),
  };
  await writeFile(file, JSON.stringify(ports));
  return ports;
}
