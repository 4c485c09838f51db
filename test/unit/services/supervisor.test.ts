import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from '#config';
import { Supervisor, type ProcessSpec } from '#apps/standalone/supervisor';

const HELD = pathToFileURL(path.join(ROOT, 'dist/apps/held.js')).href;

const NEVER = new Promise<never>(() => undefined);

/** A process that is started ahead of its time, as the roles are. @param tasks what it can do before, as its source */
const early = (tasks = '{}'): ProcessSpec => ({
  name: 'early',
  command: process.execPath,
  args: [
    '--input-type=module',
    '-e',
    `console.log('loaded');
     await (await import(${JSON.stringify(HELD)})).released(new AbortController().signal, ${tasks});
     console.log('begun');
     process.send('ready');
     process.on('SIGTERM', () => process.exit(0));`,
  ],
  env: process.env,
  ready: 'message',
});

/** Its child outlives it, as a PostgreSQL backend outlives a killed postmaster, and has a last word. */
const LEAVES_A_CHILD = `
  echo started
  me=$$
  (while kill -0 $me 2>/dev/null; do sleep 0.02; done; echo the last word) &
  wait`;

describe('A process that npm start keeps running', () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'novaflow-supervisor-'));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));
  const silent = (): Supervisor =>
    new Supervisor(
      home,
      () => undefined,
      () => undefined,
    );

  it('is logged to the last word, also when its own children speak after its end', async () => {
    const supervisor = silent();
    const log = (): Promise<string> => readFile(path.join(home, 'logs', 'talker.log'), 'utf8');
    await supervisor.start({
      name: 'talker',
      command: 'sh',
      args: ['-c', LEAVES_A_CHILD],
      env: process.env,
      ready: async () => (await log()).includes('started'),
    });
    await supervisor.stop(['talker']);
    await expect.poll(log).toBe('started\nthe last word\n');
  });

  it('says in its log, and in the error of the start, why it cannot be started', async () => {
    const supervisor = silent();
    const started = supervisor.start({
      name: 'absent',
      command: path.join(home, 'no-such-program'),
      args: [],
      env: process.env,
      ready: () => Promise.resolve(false),
    });
    await expect(started).rejects.toThrow(/absent ended at its start[^]*ENOENT/);
    // It would be tried again and again.
    await supervisor.stop(['absent']);
  });

  it('loads its code before what it stands on is ready, and begins after that', async () => {
    const supervisor = silent();
    const log = (): Promise<string> => readFile(path.join(home, 'logs', 'early.log'), 'utf8');
    let finish = (): void => undefined;
    const foundation = new Promise<void>((resolve) => (finish = resolve));
    const started = supervisor.start(early(), foundation);
    await expect.poll(log).toBe('loaded\n');
    finish();
    await started;
    expect(await log()).toBe('loaded\nbegun\n');
    await supervisor.stop(['early']);
  });

  it('does what it is asked before it begins, and says what went wrong when it cannot', async () => {
    const supervisor = silent();
    let finish = (): void => undefined;
    const foundation = new Promise<void>((resolve) => (finish = resolve));
    const tasks = `{
      async sweep() { console.log('swept'); },
      async paint() { throw new Error('there is no paint'); } }`;
    const started = supervisor.start(early(tasks), foundation);
    await supervisor.perform('early', 'sweep');
    await expect(supervisor.perform('early', 'paint')).rejects.toThrow(new Error('there is no paint'));
    finish();
    await started;
    expect(await readFile(path.join(home, 'logs', 'early.log'), 'utf8')).toBe('loaded\nswept\nbegun\n');
    await supervisor.stop(['early']);
  });

  it('fails a task by its end, with what it said last', async () => {
    const supervisor = silent();
    const started = supervisor.start(early(`{ async fall() { console.log('oh'); process.exit(1); } }`), NEVER);
    await Promise.all([
      expect(supervisor.perform('early', 'fall')).rejects.toThrow(/early ended\.[^]*oh$/),
      expect(started).rejects.toThrow('early ended at its start'),
    ]);
    await supervisor.stop(['early']);
  });

  it('is not started for good when what it stands on cannot be made ready', async () => {
    const supervisor = silent();
    const spec = { command: process.execPath, args: ['-e', ''], env: process.env, ready: 'message' } as const;
    let fail = (_error: Error): void => undefined;
    const foundation = new Promise<void>((_resolve, reject) => (fail = reject));
    const started = supervisor.start({ ...spec, name: 'early' }, foundation);
    const refused = started.catch((error: unknown) => error);
    await expect.poll(() => supervisor.pids()).toHaveProperty('early');
    fail(new Error('no database'));
    expect(await refused).toEqual(new Error('no database'));
    await supervisor.stop(['early']);
  });
});
