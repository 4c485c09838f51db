import { afterAll, beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { Tenant } from '../setup/tenant.js';
import { PATIENT, executablePath, findingsOf, logIn, openBrowser, pictureOf, type OpenBrowser } from './browser.js';

const cloud = provided('fake');
const base = new URL(cloud.authUrl).origin;

// The tests go on from what those before them have made.
describe.skipIf(executablePath === undefined)('networks in a real Chromium', () => {
  let tenant: Tenant;
  let browser: OpenBrowser;
  let network: string;
  let subnet: string;
  let server: string;
  beforeAll(async () => {
    [tenant, browser] = await Promise.all([Tenant.make(cloud), openBrowser(base)]);
    browser.page.setDefaultTimeout(30_000);
    const { api } = tenant;
    network = await tenant.ownNetwork('shop', '10.77.0.0/24');
    const { subnets } = await api.call<{ subnets: { id: string }[] }>(
      'GET',
      `/network/v2.0/subnets?network_id=${network}`,
    );
    subnet = subnets[0]!.id;
    await api.call('POST', '/network/v2.0/routers', { router: { name: 'edge' } });
    server = await tenant.post(tenant.server({ name: 'till', networks: [{ uuid: network }] }));
    await tenant.settled(server);
    await logIn(browser.page, tenant.userName, tenant.password);
    await heading('Servers').waitFor();
  });
  afterAll(() => browser.close());

  const heading = (name: string) => browser.page.getByRole('heading', { level: 1, name, exact: true });
  const button = (name: string) => browser.page.getByRole('button', { name, exact: true });
  const follow = (name: string) => browser.page.getByRole('link', { name, exact: true }).first().click();
  const dialog = () => browser.page.getByRole('dialog');
  /** Presses the button in the dialog that is open, and waits until the API has taken it. */
  async function say(verb: string): Promise<void> {
    await dialog().getByRole('button', { name: verb, exact: true }).click();
    await dialog().waitFor({ state: 'detached' });
  }
  async function accessible(): Promise<void> {
    const found = [...(await findingsOf(browser.page, 'dark')), ...(await findingsOf(browser.page, 'light'))];
    expect(found).toEqual([]);
  }

  it('does what the API has to be done with a router by buttons, says why one may not be pressed, and shows a refusal in its form', async () => {
    await follow('Routers');
    await follow('edge');
    await heading('edge').waitFor();
    expect(await button('Clear gateway').getAttribute('aria-disabled')).toBe('true');
    expect(await button('Clear gateway').getAttribute('title')).toBe('The router has no gateway.');
    await button('Add interface to router').click();
    await dialog().getByLabel('Subnet id').fill('nothing');
    await dialog().getByRole('button', { name: 'Add interface to router' }).click();
    await expect.poll(() => dialog().textContent(), PATIENT).toMatch(/nothing/);
    await accessible();
    await dialog().getByLabel('Subnet id').fill(subnet);
    await say('Add interface to router');
    const { ports } = await tenant.api.call<{ ports: { device_owner: string }[] }>(
      'GET',
      `/network/v2.0/ports?network_id=${network}&device_owner=network:router_interface`,
    );
    expect(ports).toHaveLength(1);
    await accessible();
  });

  it('adds a rule to a security group and takes one out of it on the group’s page', async () => {
    const { page } = browser;
    await follow('Security groups');
    await follow('default');
    await heading('default').waitFor();
    await button('New security group rule').click();
    await dialog().getByLabel('Direction').selectOption('ingress');
    await dialog().getByText(/^More/).click();
    await dialog().getByLabel('Protocol').fill('tcp');
    await dialog().getByLabel('Port range min').fill('8443');
    await dialog().getByLabel('Port range max').fill('8443');
    await say('Create');
    const rules = page.getByRole('region', { name: 'Security group rules' });
    const added = rules.getByRole('row', { name: /\b8443 8443\b/ });
    await added.waitFor();
    await accessible();
    const before = await rules.getByRole('row').count();
    await rules
      .getByRole('row', { name: /IPv6.*egress|egress.*IPv6/ })
      .first()
      .getByRole('button', { name: 'Delete' })
      .click();
    await say('Delete');
    await expect.poll(() => rules.getByRole('row').count(), PATIENT).toBe(before - 1);
    expect(await added.count()).toBe(1);
  });

  it('puts a server into another security group and takes it out by its page, and a floating IP only where there is one', async () => {
    const { page } = browser;
    await tenant.api.call('POST', '/network/v2.0/security-groups', { security_group: { name: 'ops' } });
    await page.goto(`/dashboard/compute/servers/${server}`);
    await heading('till').waitFor();
    await expect.poll(() => button('Add floating IP').getAttribute('title'), PATIENT).toMatch(/No floating IP/);
    expect(await button('Remove floating IP').getAttribute('title')).toBe('The server has no floating IP.');
    const groups = async (): Promise<string[]> =>
      ((await tenant.show(server)) as unknown as { security_groups: { name: string }[] }).security_groups
        .map(({ name }) => name)
        .toSorted();
    await button('Add security group').click();
    await dialog().getByLabel('Name').fill('ops');
    await accessible();
    await say('Add security group');
    await expect.poll(groups, PATIENT).toEqual(['default', 'ops']);
    await button('Remove security group').click();
    await dialog().getByLabel('Name').fill('ops');
    await say('Remove security group');
    await expect.poll(groups, PATIENT).toEqual(['default']);
  });

  it('shows networks, routers and servers as a drawing and the same in tables, and says what of a server is open to whom', async () => {
    const { page } = browser;
    await follow('What is open to whom');
    await heading('Topology').waitFor();
    await page.getByText('From everybody: TCP to port 8443 over IPv4.').waitFor();
    await page.getByText('From whoever is in the security group default: anything over IPv4.').waitFor();
    const drawn = page.getByRole('group', { name: /1 servers and 1 routers on/ });
    for (const name of ['shop', 'edge', 'till'])
      await drawn.getByRole('link', { name: new RegExp(`^${name}`) }).waitFor();
    const hung = page.getByRole('region', { name: 'Routers and servers on networks' });
    await hung.getByRole('row', { name: /router edge interface shop 10\.77\.0\.1/ }).waitFor();
    await hung.getByRole('row', { name: /server till port shop 10\.77\.0\.\d+/ }).waitFor();
    await page
      .getByRole('region', { name: 'Networks and their subnets' })
      .getByRole('row', { name: /shop internal .*10\.77\.0\.0\/24/ })
      .waitFor();
    await accessible();
    await pictureOf(page, 'dashboard-topology');
    await page.getByLabel('Server', { exact: true }).selectOption('');
    await page.getByText('From everybody: TCP to port 8443 over IPv4.').waitFor({ state: 'detached' });
    await page.getByLabel('Server', { exact: true }).selectOption({ label: 'till' });
    await page.getByText('From everybody: TCP to port 8443 over IPv4.').waitFor();
    await page.setViewportSize({ width: 390, height: 800 });
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    await accessible();
    expect(browser.complaints).toEqual([]);
  });
});
