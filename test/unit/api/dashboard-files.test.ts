import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StaticFiles } from '#apps/api/dashboard/static-files';

describe('the files of the dashboard', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'novaflow-pages-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const build = async (): Promise<void> => {
    await mkdir(path.join(folder, 'assets'));
    await writeFile(path.join(folder, 'index.html'), '<!doctype html>');
    await writeFile(path.join(folder, 'favicon.svg'), '<svg/>');
    await writeFile(path.join(folder, 'assets/index-Bx3kQ9aZ.js'), 'start()');
    await writeFile(path.join(folder, 'assets/index-Bx3kQ9aZ.js.br'), 'compressed');
  };

  it('are found as soon as they are built, and not before', async () => {
    const files = new StaticFiles(folder);
    expect(files.find('')).toBeUndefined();
    await build();
    expect(files.find('')).toMatchObject({ path: path.join(folder, 'index.html'), cache: 'no-cache' });
  });

  it('are the page itself for every path that has no extension, and nothing where a file is not there', async () => {
    await build();
    const files = new StaticFiles(folder);
    for (const page of ['', 'servers', 'servers/4a9/', 'operations/a-b'])
      expect(files.find(page)?.type).toContain('html');
    for (const missing of [
      'assets/gone-Bx3kQ9aZ.js',
      'robots.txt',
      '../index.html',
      'a/../index.html',
      '/etc/passwd.txt',
    ])
      expect([missing, files.find(missing)]).toEqual([missing, undefined]);
  });

  it('are kept by browsers for ever where their name has a hash of their content, and compressed where the client takes it', async () => {
    await build();
    const files = new StaticFiles(folder);
    const script = 'assets/index-Bx3kQ9aZ.js';
    expect(files.find(script)).toEqual({
      path: path.join(folder, script),
      type: 'text/javascript; charset=utf-8',
      cache: 'public, max-age=31536000, immutable',
    });
    expect(files.find(script, true)).toMatchObject({
      path: path.join(folder, `${script}.br`),
      type: 'text/javascript; charset=utf-8',
      encoding: 'br',
    });
    expect(files.find('favicon.svg', true)).toMatchObject({ cache: 'no-cache', type: 'image/svg+xml' });
  });
});
