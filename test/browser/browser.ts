import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import axe from 'axe-core';
import { chromium, type BrowserContext, type Page } from 'playwright-core';

/** The browser of the system; a test file says so if there is none. */
const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
export const executablePath = process.env['CHROMIUM'] ?? PATHS.find((file) => existsSync(file));

/** A browser that talks to nobody but the page's own origin. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** For what a page comes to show once it has been told of a change (`expect.poll`): a busy machine takes seconds for it. */
export const PATIENT = { timeout: 30_000 };

export interface OpenBrowser {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page has said against itself: exceptions, and what its content security policy forbade. */
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

/** Opens a browser with a profile of its own. @param base the address of the cloud's API */
export async function openBrowser(
  base: string,
  viewport: { width: number; height: number } = { width: 1360, height: 850 },
): Promise<OpenBrowser> {
  const profile = await mkdtemp(path.join(os.tmpdir(), 'novaflow-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    args: FLAGS,
    baseURL: base,
    locale: 'en-GB',
    viewport,
    ...(executablePath === undefined ? {} : { executablePath }),
  });
  const page = context.pages()[0] ?? (await context.newPage());
  const complaints: string[] = [];
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('console', (message) => {
    const text = message.text();
    // Chromium also writes every answer of 400 and above there; what pages make of those is tested by itself.
    if (message.type() === 'error' && !text.startsWith('Failed to load resource')) complaints.push(text);
  });
  return {
    page,
    context,
    complaints,
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** What axe-core finds on the page, in one theme. */
export async function findingsOf(page: Page, colorScheme: 'light' | 'dark'): Promise<string[]> {
  await page.emulateMedia({ colorScheme });
  // Evaluated by the debugger, which no content security policy forbids.
  await page.evaluate(axe.source);
  const violations = await page.evaluate<Violation[]>('axe.run().then((results) => results.violations)');
  return violations.map(
    ({ id, nodes }) =>
      `${colorScheme} ${new URL(page.url()).pathname} ${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`,
  );
}

/** Logs in by the form, as a person does. */
export async function logIn(page: Page, user: string, password: string): Promise<void> {
  await page.goto('/dashboard/');
  await page.getByLabel('User').fill(user);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
}

/** Where pictures of the documents go, if they are asked for. */
const PICTURES = process.env['NOVAFLOW_SCREENSHOTS'] === '1' ? 'docs/images' : undefined;
/** With NOVAFLOW_SCREENSHOTS=1: takes the picture of a page as it is for the documents */
export async function pictureOf(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return;
  await mkdir(PICTURES, { recursive: true });
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.evaluate('scrollTo(0, 0)');
  await page.screenshot({ path: path.join(PICTURES, `${name}.png`) });
}
