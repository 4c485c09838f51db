import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { ChaosRuns } from '#apps/faults/chaos-runs';
import { FaultStore } from '#apps/faults/store';
import { chaosRecord } from '../setup/chaos-record.js';
import { idle } from '../setup/operations.js';
import { Tenant } from '../setup/tenant.js';
import { PATIENT, executablePath, findingsOf, logIn, openBrowser, pictureOf, type OpenBrowser } from './browser.js';

const cloud = provided('fake');

describe.skipIf(executablePath === undefined)('failure injection in a real Chromium', () => {
  let tenant: Tenant;
  let browser: OpenBrowser;
  beforeAll(async () => {
    [tenant, browser] = await Promise.all([
      Tenant.make(cloud, 'admin'),
      openBrowser(new URL(cloud.authUrl).origin, { width: 1280, height: 800 }),
    ]);
    browser.page.setDefaultTimeout(30_000);
    await logIn(browser.page, tenant.userName, tenant.password);
    await heading('Servers').waitFor();
  });
  afterAll(async () => {
    await new FaultStore(cloud.home).clear(({ project }) => project === tenant.api.projectId);
    await browser.close();
  });
  const heading = (name: string) => browser.page.getByRole('heading', { level: 1, name, exact: true });
  const press = (name: string) => browser.page.getByRole('button', { name, exact: true }).click();
  const row = (name: RegExp) => browser.page.getByRole('row', { name });
  async function seen(picture: string, height: number): Promise<void> {
    const { page } = browser;
    const found = [...(await findingsOf(page, 'dark')), ...(await findingsOf(page, 'light'))];
    expect(found).toEqual([]);
    expect(browser.complaints).toEqual([]);
    await page.setViewportSize({ width: 1280, height });
    await pictureOf(page, picture);
    await page.setViewportSize({ width: 1280, height: 800 });
  }

  it('sets a fault by a form that names the steps, shows that it struck, and takes it back', async () => {
    const { page } = browser;
    await page.getByRole('link', { name: 'Faults', exact: true }).click();
    await heading('Faults to inject').waitFor();
    await press('Set');
    await page.locator('.error').first().waitFor();
    await page.getByLabel('Step *').selectOption({ label: 'Plug its cards and spawn the guest (spawnServer)' });
    await page.getByLabel('When *').selectOption('at');
    await page.getByLabel('What happens *').selectOption('error');
    await page.getByText(/^More/).click();
    await page.getByLabel('Only in one project').selectOption({ index: 1 });
    await press('Set');
    // A point in the middle of a step has to be named.
    await page
      .getByRole('main')
      .getByText(/Points of spawnServer: .*plugged/)
      .waitFor();
    await page.getByLabel('Point, for one in the middle of a step').selectOption('plugged');
    await press('Set');
    // Other tests set faults of the same step on this cloud: this one is of the test's own project.
    const own = row(
      /Plug its cards and spawn the guest spawnServer at its point plugged it fails, and is tried again once/,
    ).filter({ hasText: tenant.api.projectId.slice(0, 8) });
    await own.waitFor();
    const id = await tenant.post(tenant.server({ name: 'tried-again' }));
    expect((await tenant.settled(id)).status).toBe('ACTIVE');
    await idle(cloud, id);
    const struck = own.getByRole('cell').nth(4);
    // Boots of other tests on this cloud may meet it, too.
    await expect.poll(() => struck.textContent(), PATIENT).toMatch(/^[1-9]/);
    await seen('dashboard-faults', 1150);
    await own.getByRole('button', { name: 'Take back the fault of Plug its cards and spawn the guest' }).click();
    await own.waitFor({ state: 'detached' });
    await tenant.delete(id);
  });

  it('draws a chaos run: what was disturbed, and what the servers did, and says the same as tables', async () => {
    const { page } = browser;
    const run = await new ChaosRuns(cloud.home).save(chaosRecord(4711));
    await page.getByRole('link', { name: 'Chaos runs', exact: true }).click();
    await heading('Chaos runs').waitFor();
    const own = row(/4711.*all is well.*4\.2 s/);
    await own.getByRole('link').click();
    await heading('Chaos run of seed 4711').waitFor();
    expect(page.url()).toContain(run);
    await page.getByRole('img', { name: /^2 disturbances of 2 processes and 3 boots in 30 seconds/ }).waitFor();
    await row(/5\.0 s conductor killed, and back at once/).waitFor();
    await row(/9\.0 s postgres paused 5\.5 s/).waitFor();
    await row(/2\.0 s 6\.0 s ERROR No network 16\.0 s/).waitFor();
    await seen('dashboard-chaos', 1150);
    await page.goto('/dashboard/chaos/nothing');
    await page.getByText('There is no chaos run nothing.').waitFor();
  });
});
