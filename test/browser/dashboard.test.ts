import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { Tenant } from '../setup/tenant.js';
import { PATIENT, executablePath, findingsOf, logIn, openBrowser, type OpenBrowser } from './browser.js';

const cloud = provided('fake');
const base = new URL(cloud.authUrl).origin;

// The tests of one browser go on from each other's pages, so they run in their order.
describe.skipIf(executablePath === undefined)('the dashboard in a real Chromium', () => {
  let tenant: Tenant;
  let browser: OpenBrowser;
  beforeAll(async () => {
    [tenant, browser] = await Promise.all([Tenant.make(cloud), openBrowser(base)]);
    browser.page.setDefaultTimeout(30_000);
  });
  afterAll(() => browser.close());

  const heading = (name: string) => browser.page.getByRole('heading', { level: 1, name, exact: true });
  const press = (name: string) => browser.page.getByRole('button', { name, exact: true }).click();
  const follow = (name: string) => browser.page.getByRole('link', { name, exact: true }).first().click();
  const badge = (status: string) => browser.page.locator('.title').getByText(status, { exact: true });
  /** axe-core finds nothing on this page, in both themes. */
  async function accessible(): Promise<void> {
    const found = [...(await findingsOf(browser.page, 'dark')), ...(await findingsOf(browser.page, 'light'))];
    expect(found).toEqual([]);
  }

  it('refuses a wrong password in Keystone’s words and lets the right one in, to where the page was', async () => {
    const { page } = browser;
    await page.goto('/dashboard/network/networks?name=private');
    await page.getByLabel('User', { exact: true }).fill(tenant.userName);
    await page.getByLabel('Password').fill('wrong');
    await press('Log in');
    await expect.poll(() => page.getByRole('alert').textContent(), PATIENT).toContain('requires authentication');
    await accessible();
    await page.getByLabel('Password').fill(tenant.password);
    await press('Log in');
    await heading('Networks').waitFor();
    expect(page.url()).toContain('name=private');
    await accessible();
  });

  it('makes a server by its form, shows its boot and the boot again, says why a button may not be pressed, and deletes it', async () => {
    const { page } = browser;
    await follow('Servers');
    await follow('New server');
    await press('Create');
    await page.getByText(/name/).and(page.locator('.error')).waitFor();
    await accessible();
    await page.getByLabel('Name').fill('from-the-browser');
    await page.getByLabel('Image').selectOption('novaflow-tiny');
    await page.getByLabel('Flavor').selectOption('m1.nano');
    await page.getByLabel('Network').selectOption('private');
    await press('Create');
    await heading('Boot server').waitFor();
    await badge('done').waitFor();
    const spawned = page.getByRole('row', { name: /^15 Start the VM/ });
    await expect.poll(() => spawned.textContent(), PATIENT).toContain('done');
    await page.getByRole('img', { name: /stages have passed/ }).waitFor();
    await accessible();
    await page.getByLabel('Moment').fill('1');
    await expect.poll(() => spawned.textContent(), PATIENT).toContain('waiting');
    await press('Replay');
    await page.getByRole('row', { name: /^15 Start the VM.*done/ }).waitFor();
    await page.getByText(/^Operations: 0 running/).click();
    await expect
      .poll(() => page.locator('.drawer').getByRole('link', { name: 'Boot server' }).count(), PATIENT)
      .toBe(1);
    await page.getByText(/^Operations: 0 running/).click();

    await follow('from-the-browser');
    await badge('ACTIVE').waitFor();
    const start = page.getByRole('button', { name: 'Start', exact: true });
    await expect.poll(() => start.getAttribute('aria-disabled'), PATIENT).toBe('true');
    await expect.poll(() => start.getAttribute('title'), PATIENT).toMatch(/stopped.*active/);
    await accessible();

    await follow('Console log');
    await page.getByText('novaflow: guest up').waitFor();
    await accessible();
    await follow('Topology');
    await page.getByRole('link', { name: 'from-the-browser' }).first().waitFor();
    await accessible();
    await page.getByRole('link', { name: 'from-the-browser' }).first().click();
    await badge('ACTIVE').waitFor();
    await press('Stop');
    await badge('SHUTOFF').waitFor();
    await press('Delete');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await heading('Delete server').waitFor();
    await badge('done').waitFor();
    await follow('Servers');
    await heading('Servers').waitFor();
    await page.getByText('0', { exact: true }).waitFor();
  });

  it('lists, makes, changes and deletes what the API describes, with the API’s words beside the field', async () => {
    const { page } = browser;
    await follow('Networks');
    await follow('New network');
    await page.getByLabel('Name').fill('mine');
    await page.getByText(/^More/).click();
    await page.getByLabel('Mtu').fill('1');
    await press('Create');
    await expect
      .poll(() => page.locator('.field', { hasText: 'Mtu' }).locator('.error').textContent(), PATIENT)
      .toContain('mtu');
    await page.getByLabel('Mtu').fill('1400');
    await press('Create');
    await heading('mine').waitFor();
    await accessible();
    await press('Change');
    await page.getByLabel('Name').fill('yours');
    await press('Save');
    await heading('yours').waitFor();
    await press('Delete');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await heading('Networks').waitFor();
    await expect.poll(() => page.getByRole('link', { name: 'yours' }).count(), PATIENT).toBe(0);
  });

  it('keeps objects: a container is made, a file goes in and comes out as it was, and both are deleted', async () => {
    const { page } = browser;
    await follow('Containers');
    await page.getByLabel('Name').fill('box');
    await press('New container');
    await follow('box');
    const file = { name: 'a file.txt', mimeType: 'text/plain', buffer: Buffer.from('what is kept') };
    await page.getByLabel('Upload').setInputFiles(file);
    await page.getByRole('cell', { name: 'a file.txt' }).waitFor();
    await accessible();
    const saved = page.waitForEvent('download');
    await press('Download');
    await expect((await saved).path().then((path) => readFile(path, 'utf8'))).resolves.toBe('what is kept');
    await press('Delete');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('cell', { name: 'a file.txt' }).waitFor({ state: 'detached' });
    await page.getByRole('main').getByRole('link', { name: 'Containers' }).click();
    await press('Delete');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('cell', { name: 'box' }).waitFor({ state: 'detached' });
    await accessible();
  });

  it('shows on every list that the menu has what the API answers, and no page complains', async () => {
    const { page } = browser;
    const links = await page.getByRole('navigation').getByRole('link').all();
    const paths = await Promise.all(links.map((link) => link.getAttribute('href')));
    expect(paths.length).toBeGreaterThan(10);
    for (const path of paths) {
      await page.goto(path ?? '');
      await page.getByRole('heading', { level: 1 }).waitFor();
      await expect.poll(() => page.getByText('loading…').filter({ visible: true }).count(), PATIENT).toBe(0);
      await expect(page.getByRole('alert').count(), `${path} is refused`).resolves.toBe(0);
    }
    expect(browser.complaints).toEqual([]);
  });

  it('shows operators the hosts and what nobody owns, and nobody else finds a way there', async () => {
    const { page } = browser;
    await expect.poll(() => page.getByRole('link', { name: 'Health' }).count(), PATIENT).toBe(0);
    await page.goto('/dashboard/health');
    await page.getByRole('alert').first().waitFor();
    await press('Log out');
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    await logIn(page, 'admin', cloud.passwords.admin);
    await follow('Hosts');
    await page
      .getByRole('row', { name: /up.*enabled/ })
      .first()
      .waitFor();
    await accessible();
    await follow('Health');
    await press('Audit now');
    await page.getByText(/repaired\.$/).waitFor();
    await accessible();
    await press('Log out');
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    await logIn(page, tenant.userName, tenant.password);
    await heading('Servers').waitFor();
  });

  it('fits a phone, and forgets everything at the log-out', async () => {
    const { page } = browser;
    await page.setViewportSize({ width: 390, height: 800 });
    await page.goto('/dashboard/');
    await press('Menu');
    await follow('Flavors');
    await heading('Flavors').waitFor();
    const wide = await page.evaluate<number>('document.documentElement.scrollWidth');
    expect(wide).toBeLessThanOrEqual(390);
    await accessible();
    await press('Log out');
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    await page.goto('/dashboard/compute/servers');
    await page.getByRole('button', { name: 'Log in' }).waitFor();
    await logIn(page, tenant.userName, tenant.password);
    await heading('Servers').waitFor();
  });
});
