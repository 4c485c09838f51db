import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

/** What a browser is told of a file. */
interface StaticFile {
  readonly path: string;
  readonly type: string;
  readonly cache: string;
  /** How its bytes are compressed, where they are. */
  readonly encoding?: 'br';
}

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json',
  webmanifest: 'application/manifest+json',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
  txt: 'text/plain; charset=utf-8',
};
/** Vite puts what has a hash of its content in its name there: such a file never changes. */
const HASHED = /^assets\/.+-[\w-]{8,}\.\w+$/;
const FOR_EVER = 'public, max-age=31536000, immutable';
const ASK_EACH_TIME = 'no-cache';
const PAGE = 'index.html';

/**
 * The built pages. What there is is read from the folder, once, and looked up by its name: no path of a request ever reaches
 * the file system.
 */
export class StaticFiles {
  private files: ReadonlyMap<string, string> = new Map();

  constructor(private readonly folder: string) {}

  /**
   * @param name what follows the dashboard's own path
   * @param accepts whether the client takes files that are compressed by Brotli, which the build makes
   * @returns the page itself for whatever has no extension, since its paths are the page's own; nothing for a file that is not
   *   there, and for everything where the dashboard was not built
   */
  find(name: string, accepts = false): StaticFile | undefined {
    const wanted = path.posix.extname(name) === '' ? PAGE : name;
    const found = this.known().get(wanted);
    if (found === undefined) return undefined;
    const compressed = accepts ? this.known().get(`${wanted}.br`) : undefined;
    return {
      path: compressed ?? found,
      type: TYPES[path.posix.extname(wanted).slice(1)] ?? 'application/octet-stream',
      cache: HASHED.test(wanted) ? FOR_EVER : ASK_EACH_TIME,
      ...(compressed === undefined ? {} : { encoding: 'br' }),
    };
  }

  private known(): ReadonlyMap<string, string> {
    // What was not built when it was first asked for may be built later.
    if (this.files.size === 0 && statSync(path.join(this.folder, PAGE), { throwIfNoEntry: false }) !== undefined)
      this.files = listed(this.folder);
    return this.files;
  }
}

const listed = (folder: string): ReadonlyMap<string, string> =>
  new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry): [string, string][] => {
      if (!entry.isFile()) return [];
      const file = path.join(entry.parentPath, entry.name);
      return [[path.relative(folder, file).split(path.sep).join('/'), file]];
    }),
  );
