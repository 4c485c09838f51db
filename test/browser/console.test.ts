import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { until } from '#cli/bench/measure';
import { Tenant } from '../setup/tenant.js';
import { PATIENT, executablePath, findingsOf, logIn, openBrowser, pictureOf, type OpenBrowser } from './browser.js';

const cloud = provided('real');
const base = new URL(cloud.authUrl).origin;
/** Whether more than one colour is on the display: what the guest's firmware writes is. */
const DRAWN = `(() => {
  const canvas = document.querySelector('canvas');
  if (!canvas?.width || !canvas.height) return false;
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const pixels = new Set(new Uint32Array(data.buffer).map((pixel) => pixel & 0xffffff));
  return pixels.size > 1;
})()`;

// The second test takes the session away.
describe.skipIf(executablePath === undefined)('a console in a real Chromium', () => {
  let tenant: Tenant;
  let browser: OpenBrowser;
  beforeAll(async () => {
    [tenant, browser] = await Promise.all([Tenant.make(cloud), openBrowser(base)]);
    browser.page.setDefaultTimeout(30_000);
    await logIn(browser.page, tenant.userName, tenant.password);
    await browser.page.getByRole('heading', { level: 1, name: 'Servers' }).waitFor();
  });
  afterAll(() => browser.close());
  /** Asked by the debugger: the page's own policy lets nothing be evaluated in it. */
  const drawn = () => until(async () => (await browser.page.evaluate<boolean>(DRAWN)) || undefined, 100, 60_000);

  it('says why it may not be opened when its server is stopped', async () => {
    const { page } = browser;
    const id = await tenant.post();
    await tenant.settled(id);
    await tenant.api.request('POST', `/compute/v2.1/servers/${id}/action`, { 'os-stop': null });
    await page.goto(`/dashboard/compute/servers/${id}`);
    await page.locator('.title').getByText('SHUTOFF').waitFor();
    const button = page.getByRole('button', { name: 'Console', exact: true });
    await expect.poll(() => button.getAttribute('aria-disabled'), PATIENT).toBe('true');
    await expect
      .poll(() => button.getAttribute('title'), PATIENT)
      .toBe('Console takes a server that is active or paused; this one is stopped.');
    await tenant.delete(id);
  });

  it('is opened from a running server’s page and draws what a real guest shows, and its address does so without a session', async () => {
    const { page } = browser;
    const id = await tenant.post();
    await tenant.settled(id);
    await page.goto(`/dashboard/compute/servers/${id}`);
    await page.getByRole('button', { name: 'Console', exact: true }).click();
    await drawn();
    await pictureOf(page, 'dashboard-console');
    expect(page.url()).toContain('/dashboard/console?token=');
    expect([...(await findingsOf(page, 'dark')), ...(await findingsOf(page, 'light'))]).toEqual([]);
    await page.getByRole('button', { name: 'Send Ctrl+Alt+Del' }).click();
    // The policy of contents lets the page have its WebSocket, and forbade it nothing else.
    expect(browser.complaints).toEqual([]);

    const { body } = await tenant.api.request<{ remote_console: { url: string } }>(
      'POST',
      `/compute/v2.1/servers/${id}/remote-consoles`,
      { remote_console: { protocol: 'vnc', type: 'novnc' } },
      { 'openstack-api-version': 'compute 2.6' },
    );
    await browser.context.clearCookies();
    await page.goto(body.remote_console.url);
    await drawn();

    await tenant.delete(id);
    await page.getByText('The console was closed').waitFor();
    await page.reload();
    await page.getByText('The display cannot be shown').waitFor();
  });
});
