import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { Tenant } from '../setup/tenant.js';
import { PATIENT, executablePath, findingsOf, logIn, openBrowser, pictureOf, type OpenBrowser } from './browser.js';

const cloud = provided('fake');
/** Seconds between two measures, as Gnocchi's archive policy `low` keeps them, and as many as six hours have. */
const STEP = 300;
const MANY = 72;
/** An alarm is looked at once in a minute. */
const LOOKED_AT = { timeout: 90_000 };

type Shape = (i: number) => number;
/** Nanoseconds of one processor that is used by a third, and wholly in the last hour. */
const cpu: Shape = (i) => (i * 0.33 + Math.max(0, i - 60) * 0.6) * STEP * 1e9;
const memory: Shape = (i) => 150 + 40 * Math.sin(i / 8) + Math.max(0, i - 60) * 12;
const bytes =
  (rate: number): Shape =>
  (i) =>
    i * STEP * rate * (1 + 0.2 * Math.sin(i / 5));

// A simulated guest uses nothing, so what is measured is told by the test, by the API of everybody.
describe.skipIf(executablePath === undefined)('what is measured, and alarms of it, in a real Chromium', () => {
  let tenant: Tenant;
  let browser: OpenBrowser;
  let server: string;

  async function measure(type: string, resource: object, metrics: Readonly<Record<string, readonly [string, Shape]>>) {
    const { api } = tenant;
    const named = Object.entries(metrics).map(([name, [unit]]) => [name, { archive_policy_name: 'low', unit }]);
    const { id } = await api.call<{ id: string }>('POST', `/metric/v1/resource/${type}`, {
      ...resource,
      project_id: api.projectId,
      metrics: Object.fromEntries(named),
    });
    const last = Math.floor(Date.now() / 1000 / STEP) * STEP;
    for (const [name, [, shape]] of Object.entries(metrics)) {
      const measures = Array.from({ length: MANY }, (_, i) => ({
        timestamp: last - (MANY - 1 - i) * STEP,
        value: shape(i),
      }));
      await api.call('POST', `/metric/v1/resource/${type}/${id}/metric/${name}/measures`, measures);
    }
  }

  beforeAll(async () => {
    [tenant, browser] = await Promise.all([
      Tenant.make(cloud),
      openBrowser(new URL(cloud.authUrl).origin, { width: 1280, height: 800 }),
    ]);
    browser.page.setDefaultTimeout(30_000);
    server = await tenant.post(tenant.server({ name: 'db-1' }));
    await tenant.settled(server);
    await measure(
      'instance',
      { id: server, display_name: 'db-1', flavor_id: '1', flavor_name: 'm1.nano' },
      { cpu: ['ns', cpu], 'memory.usage': ['MiB', memory] },
    );
    await measure(
      'instance_disk',
      { id: `${server}-vda`, name: 'vda', instance_id: server },
      { 'disk.device.read.bytes': ['B', bytes(90_000)], 'disk.device.write.bytes': ['B', bytes(240_000)] },
    );
    await measure(
      'instance_network_interface',
      { id: `${server}-tap0`, name: 'tap0', instance_id: server },
      { 'network.incoming.bytes': ['B', bytes(120_000)], 'network.outgoing.bytes': ['B', bytes(480_000)] },
    );
    await logIn(browser.page, tenant.userName, tenant.password);
    await heading('Servers').waitFor();
  });
  afterAll(() => browser.close());

  const heading = (name: string) => browser.page.getByRole('heading', { level: 1, name, exact: true });
  const region = (name: string | RegExp) => browser.page.getByRole('region', { name });
  const press = (name: string) => browser.page.getByRole('button', { name, exact: true }).click();
  const badge = (state: string) => browser.page.locator('.title').getByText(state, { exact: true });
  async function seen(picture?: string, height = 800): Promise<void> {
    const { page } = browser;
    const found = [...(await findingsOf(page, 'dark')), ...(await findingsOf(page, 'light'))];
    expect(found).toEqual([]);
    expect(browser.complaints).toEqual([]);
    if (picture === undefined) return;
    await page.setViewportSize({ width: 1280, height });
    await pictureOf(page, picture);
    await page.setViewportSize({ width: 1280, height: 800 });
  }

  it('draws a server’s processors, memory, disks and cards on its page, and says the same as a table', async () => {
    const { page } = browser;
    await page.goto(`/dashboard/compute/servers/${server}`);
    for (const title of ['Processors', 'Memory', 'Disks', 'Network']) await region(title).locator('canvas').waitFor();
    await region('Network').getByText('tap0 out: ', { exact: false }).waitFor();
    await region('Processors')
      .getByText(/^Processors: 71 values as a table$/)
      .click();
    const rows = region('Values of Processors').getByRole('row');
    await expect.poll(() => rows.count(), PATIENT).toBe(72);
    expect(await rows.nth(1).textContent()).toContain('93 %');
    expect(await rows.nth(71).textContent()).toContain('33 %');
    await seen();
  });

  it('is read from time to time by the keyboard alone', async () => {
    const slider = region('Memory').getByRole('slider', { name: 'Time in Memory' });
    await slider.press('Home');
    await expect.poll(() => slider.getAttribute('aria-valuetext'), PATIENT).toContain('in use 150 MiB');
    await region('Memory').getByText('in use: 150 MiB').waitFor();
    await slider.press('ArrowRight');
    await expect.poll(() => slider.getAttribute('aria-valuetext'), PATIENT).toContain('in use 155 MiB');
  });

  it('lists what is measured by its type, and draws one of its metrics over the time that is chosen', async () => {
    const { page } = browser;
    await page.getByRole('link', { name: 'Metrics', exact: true }).click();
    await heading('Metrics').waitFor();
    await page.getByLabel('Type of resource').selectOption('instance_disk');
    await page.getByRole('link', { name: 'vda' }).waitFor();
    await seen();
    await page.getByLabel('Type of resource').selectOption('instance');
    await page.getByRole('link', { name: 'db-1' }).click();
    await heading('db-1').waitFor();
    await page.getByLabel('Metric', { exact: true }).selectOption('memory.usage');
    await page.getByLabel('Aggregation').selectOption('max');
    await region(/^memory\.usage, max of 5 minutes/)
      .locator('canvas')
      .waitFor();
    await page.getByText(/: 7[12] values as a table$/).waitFor();
    await page.getByLabel('Over').selectOption('1h');
    await page.getByText(/: 1[123] values as a table$/).waitFor();
    expect(page.url()).toContain('range=1h');
    await page.getByLabel('Over').selectOption('6h');
    await page.getByText(/: 7[12] values as a table$/).waitFor();
    await seen('dashboard-metrics');
  });

  it('becomes an alarm by a form that is filled in, which goes off, shows its threshold and tells what happened', async () => {
    const { page } = browser;
    await page.getByLabel('Aggregation').selectOption('mean');
    await page.getByRole('link', { name: 'New alarm on this' }).click();
    await heading('New alarm').waitFor();
    await press('Create');
    await page.locator('.field', { hasText: 'Name' }).locator('.error').waitFor();
    await seen();
    await page.getByLabel('Name *').fill('memory of db-1');
    await page.getByLabel('It is an alarm when the value').selectOption('gt');
    await page.getByLabel('Threshold').fill('200');
    await press('Create');
    await heading('memory of db-1').waitFor();
    await badge('alarm').waitFor(LOOKED_AT);
    await page.getByText('memory.usage of instance', { exact: false }).first().waitFor();
    await region(/is above 200/)
      .locator('canvas')
      .waitFor();
    await page.getByText('threshold: 200').waitFor();
    await region('History')
      .getByRole('row', { name: /state transition.*alarm/ })
      .waitFor();
    await seen('dashboard-alarm', 1050);
  });

  it('is set to another state by hand, disabled, changed and deleted', async () => {
    const { page } = browser;
    await press('Disable');
    await badge('disabled').waitFor();
    await page.getByLabel('State to set').selectOption('ok');
    await press('Set state');
    await badge('ok').waitFor();
    await page.getByRole('link', { name: 'Change', exact: true }).click();
    await page.getByLabel('Threshold').fill('300');
    await page.getByLabel('Severity').selectOption('critical');
    await press('Save');
    await page.getByText('is above 300', { exact: false }).first().waitFor();
    await page.getByRole('link', { name: 'Alarms', exact: true }).first().click();
    await heading('Alarms').waitFor();
    await page.getByRole('row', { name: /memory of db-1.*ok.*disabled.*critical/ }).waitFor();
    await page.getByLabel('State').selectOption('alarm');
    await page.getByText('No alarm is alarm.').waitFor();
    await page.getByLabel('State').selectOption('');
    await seen();
    await page.getByRole('link', { name: 'memory of db-1' }).click();
    await press('Delete');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await page.getByText('There are no alarms yet.').waitFor();
  });

  it('has forms for events and for several rules at once, and says what the API has against them', async () => {
    const { page } = browser;
    await page.goto('/dashboard/alarms/new?type=event');
    await page.getByLabel('Name *').fill('new servers');
    await page.getByLabel('Type of event').fill('compute.instance.create.end');
    await press('Create');
    await heading('new servers').waitFor();
    await page.getByText('An event compute.instance.create.end comes').waitFor();
    const { api } = tenant;
    const id = await tenant.post(tenant.server({ name: 'db-2' }));
    await tenant.settled(id);
    await badge('alarm').waitFor(LOOKED_AT);
    await page.goto('/dashboard/alarms/new?type=composite');
    await page.getByLabel('Name *').fill('both');
    await page.getByLabel(/^Rules/).fill('{"and": []}');
    await press('Create');
    await page.getByText('Invalid input composite rule', { exact: false }).waitFor();
    const rule = {
      type: 'gnocchi_resources_threshold',
      resource_type: 'instance',
      resource_id: server,
      metric: 'memory.usage',
      aggregation_method: 'mean',
      threshold: 100,
      comparison_operator: 'gt',
      granularity: STEP,
    };
    await page.getByLabel(/^Rules/).fill(JSON.stringify({ or: [rule, { ...rule, threshold: 400 }] }));
    await press('Create');
    await heading('both').waitFor();
    await region(/is above 100/)
      .locator('canvas')
      .waitFor();
    await region(/is above 400/)
      .locator('canvas')
      .waitFor();
    await seen();
    await expect(api.call<unknown[]>('GET', '/alarming/v2/alarms')).resolves.toHaveLength(2);
  });
});
