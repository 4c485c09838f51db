import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { FaultStore, type FaultInput } from '#apps/faults/store';
import { inject } from '../setup/faults.js';
import { idle } from '../setup/operations.js';
import { Tenant } from '../setup/tenant.js';
import { PATIENT, executablePath, findingsOf, logIn, openBrowser, pictureOf, type OpenBrowser } from './browser.js';

const cloud = provided('fake');
/** Longer than any test takes: a step that is held goes on when its fault is taken back. */
const HELD_MS = 600_000;

type Fault = Omit<FaultInput, 'project'>;
const hold = (step: string, phase: 'before' | 'after' = 'before'): Fault => ({
  step,
  phase,
  kind: 'delay',
  ms: HELD_MS,
});

// What a page says of an operation that does not go well, and the pictures of the documents. The tests share a browser.
describe.skipIf(executablePath === undefined)('what a person sees of operations that are slow or fail', () => {
  let tenant: Tenant;
  let ready: { readonly temporalUi: string };
  let browser: OpenBrowser;
  beforeAll(async () => {
    // An operator of the project's own: hosts and the words of errors are shown to operators alone.
    [tenant, browser] = await Promise.all([
      Tenant.make(cloud, 'admin'),
      openBrowser(new URL(cloud.authUrl).origin, { width: 1280, height: 800 }),
    ]);
    ready = JSON.parse(await readFile(path.join(cloud.home, 'ready.json'), 'utf8')) as typeof ready;
    browser.page.setDefaultTimeout(15_000);
    await logIn(browser.page, tenant.userName, tenant.password);
    await browser.page.getByRole('heading', { level: 1, name: 'Servers' }).waitFor();
  });
  // What a test that failed has held up goes on, so that the next one begins as if it had not.
  afterEach(() => new FaultStore(cloud.home).clear(({ project }) => project === tenant.api.projectId));
  afterAll(() => browser.close());

  const set = (fault: Fault) => inject(cloud, { project: tenant.api.projectId, times: 1, ...fault });
  const open = (id: string) => browser.page.goto(`/dashboard/compute/servers/${id}/operations/latest`);
  const row = (name: RegExp) => browser.page.getByRole('row', { name });
  /** The page is as everybody can read it, and its picture is taken if pictures are. */
  async function seen(name: string, height = 800): Promise<void> {
    const { page } = browser;
    const found = [...(await findingsOf(page, 'dark')), ...(await findingsOf(page, 'light'))];
    expect(found).toEqual([]);
    await page.setViewportSize({ width: 1280, height });
    await pictureOf(page, name);
    await page.setViewportSize({ width: 1280, height: 800 });
  }

  it('says of a boot under way where it is, what has passed and what is still to come', async () => {
    const go = await set(hold('spawnServer'));
    const id = await tenant.post(tenant.server({ name: 'web-1' }));
    await open(id);
    await row(/^15 .*running/).waitFor();
    await row(/^10 .*done/).waitFor();
    await row(/^16 .*waiting/).waitFor();
    await browser.page.getByRole('img', { name: /Now: Start the VM via the hypervisor/ }).waitFor();
    // Temporal's own page of the workflow, which is there for operators.
    const link = browser.page.getByRole('link', { name: 'Workflow in Temporal' });
    const href = (await link.getAttribute('href')) ?? '';
    expect(href).toBe(`${ready.temporalUi}/namespaces/default/workflows/${browser.page.url().split('/').at(-1)}`);
    expect((await fetch(href)).status).toBe(200);
    await seen('dashboard-boot');
    await go();
    await browser.page.locator('.title').getByText('done', { exact: true }).waitFor();
  });

  it('says of a boot whose first host cannot what that host failed of, and which host it is on now', async () => {
    await set({ step: 'spawnServer', phase: 'before', kind: 'error', times: 3 });
    const go = await set(hold('spawnServer', 'after'));
    const id = await tenant.post(tenant.server({ name: 'web-2' }));
    await open(id);
    await row(/^15 .*Before on .*: failed after 3 attempts, injected error.*running/).waitFor();
    await browser.page
      .getByRole('status')
      .getByText(/^Failed|^Now, of 17 stages: 15 Start the VM via the hypervisor on /)
      .waitFor();
    await seen('dashboard-reschedule', 1450);
    await go();
    await idle(cloud, id);
  });

  it('says of a boot that fails why, above everything else, and marks what is being undone and what was', async () => {
    await set({ step: 'spawnServer', phase: 'before', kind: 'fatal' });
    const go = await set(hold('releaseNetwork'));
    const id = await tenant.post(tenant.server({ name: 'web-3' }));
    await open(id);
    await row(/^10 .*undoing/).waitFor();
    await browser.page.locator('.title').getByText('undoing', { exact: true }).waitFor();
    // Lists say so as well, whatever the record says.
    const drawer = browser.page.locator('.drawer');
    await drawer.locator('summary').click();
    await drawer.getByRole('row', { name: /Boot server web-3 undoing/ }).waitFor();
    await drawer.locator('summary').click();
    await expect.poll(() => browser.page.getByRole('alert').textContent(), PATIENT).toContain('injected fatal');
    await seen('dashboard-undo', 1450);
    await go();
    await row(/^10 .*undone/).waitFor();
    await row(/^8 .*undone/).waitFor();
    await expect.poll(() => browser.page.getByRole('alert').textContent(), PATIENT).toContain('injected fatal');
  });

  it('shows an action as its own steps, and the server’s button says what is under way', async () => {
    const go = await set(hold('powerOff'));
    const id = await tenant.post(tenant.server({ name: 'web-4' }));
    await tenant.settled(id);
    const { page } = browser;
    await page.goto(`/dashboard/compute/servers/${id}`);
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByText('powering-off').first().waitFor();
    await expect
      .poll(() => page.getByRole('button', { name: 'Pause', exact: true }).getAttribute('title'), PATIENT)
      .toContain('powering-off');
    await seen('dashboard-server');
    await open(id);
    await row(/Power the guest off.*running/).waitFor();
    await seen('dashboard-action');
    await go();
    await idle(cloud, id);
  });

  it('shows operators what does not go on and why', async () => {
    const { page } = browser;
    const stop = await set({ step: 'spawnServer', phase: 'before', kind: 'error', times: 0 });
    const go = await set({ step: 'destroyGuest', phase: 'before', kind: 'error', times: 0 });
    const id = await tenant.post(tenant.server({ name: 'web-5' }));
    await page.goto('/dashboard/health');
    await page
      .getByRole('row', { name: /bootServer.*destroyGuest/ })
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Audit now' }).click();
    await page.getByText(/repaired\.$/).waitFor();
    await seen('dashboard-health');
    await stop();
    await go();
    await idle(cloud, id);
  });

  it('lists servers in all their states, and shows what a guest prints', async () => {
    const { page } = browser;
    const own = await tenant.ownNetwork('backend', '10.9.0.0/24');
    const both = [{ uuid: tenant.network }, { uuid: own }];
    const [id, other] = await Promise.all([
      tenant.post(tenant.server({ name: 'db-1', networks: both })),
      tenant.post(tenant.server({ name: 'db-2', networks: [{ uuid: own }] })),
    ]);
    await Promise.all([tenant.settled(id), tenant.settled(other)]);
    await page.goto('/dashboard/compute/servers');
    await row(/web-1.*ACTIVE/).waitFor();
    await row(/web-3.*ERROR/).waitFor();
    await row(/web-4.*SHUTOFF/).waitFor();
    await seen('dashboard-servers');
    await page.goto(`/dashboard/compute/servers/${id}/console-log`);
    await page.getByText('novaflow: guest up').waitFor();
    await seen('dashboard-console-log');
    await page.goto('/dashboard/network/networks?name=nowhere');
    await page.getByText('No networks are as the filter wants them.').waitFor();
  });
});
