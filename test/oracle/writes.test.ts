import { beforeAll, describe, expect, inject as provided, it } from 'vitest';
import { outsideOf } from '../setup/floating-ips.js';
import { Tenant } from '../setup/tenant.js';
import { KEY, MINORS, Walk } from './walk.js';

const cloud = provided('fake');
/** Those in which compute answers for what is Neutron's. */
const UNTIL_36 = MINORS.filter((minor) => minor < 36);
/** Where the schema of POST /servers changes. */
const CREATE_CHANGES = [1, 19, 32, 33, 37, 42, 52, 57, 63, 67, 74, 90, 94, 104];

describe('a write to compute, at every microversion that is offered, is answered as Nova’s schema says:', () => {
  let tenant: Tenant;
  let walk: Walk;
  beforeAll(async () => {
    tenant = await Tenant.make(cloud);
  });
  /** Sends the requests of one kind at every microversion; each has to succeed. */
  const each = async (minors: readonly number[], work: (minor: number) => Promise<number[]>): Promise<void> => {
    walk = await Walk.start();
    for (const minor of minors) {
      const statuses = await work(minor);
      expect([minor, statuses.filter((status) => status >= 300)]).toEqual([minor, []]);
    }
    expect(walk.report.wrong()).toBe('');
  };
  const send = async (as: 'member' | 'admin', minor: number, method: string, url: string, body?: object) =>
    (await walk.ask(as === 'admin' ? tenant.admin : tenant.api, minor, method, url, body)).status;

  it('a change of a server', async () => {
    const id = await tenant.post();
    await tenant.settled(id);
    await each(MINORS, async (minor) => [
      await send('member', minor, 'PUT', `/servers/${id}`, { server: { name: `at-${minor}` } }),
      await send('admin', minor, 'PUT', `/servers/${id}`, { server: { name: `at-${minor}` } }),
      await send('member', minor, 'POST', `/servers/${id}/action`, { 'os-getConsoleOutput': {} }),
    ]);
    await tenant.delete(id);
  });

  it('a new server, and its delete', async () => {
    const network = [{ uuid: tenant.network }];
    await each(CREATE_CHANGES, async (minor) => {
      const { server } = tenant.server({ networks: minor >= 37 ? 'none' : network });
      const { status, body } = await walk.ask(tenant.api, minor, 'POST', '/servers', {
        server,
      });
      const id = (body as { server?: { id: string } }).server?.id;
      if (id === undefined) throw new Error(`POST /servers was answered ${status}.`);
      const deleted = await send('member', minor, 'DELETE', `/servers/${id}`);
      // It counts against the project's quota until it is gone.
      await tenant.gone(id);
      return [status, deleted];
    });
  });

  it('a key pair and its delete', async () => {
    await each(MINORS, async (minor) => [
      await send('member', minor, 'POST', '/os-keypairs', { keypair: { name: `k-${minor}`, public_key: KEY } }),
      await send('member', minor, 'DELETE', `/os-keypairs/k-${minor}`),
    ]);
  });

  it('a flavor, its extra specs and its delete', async () => {
    await each(MINORS, async (minor) => {
      const id = `${tenant.userName}-${minor}`;
      const flavor = { id, name: id, ram: 64, vcpus: 1, disk: 0 };
      return [
        await send('admin', minor, 'POST', '/flavors', { flavor }),
        await send('admin', minor, 'POST', `/flavors/${id}/os-extra_specs`, { extra_specs: { 'a:b': '1' } }),
        await send('admin', minor, 'DELETE', `/flavors/${id}`),
      ];
    });
  });

  it('quotas and their reset', async () => {
    const path = `/os-quota-sets/${tenant.api.projectId}`;
    await each(MINORS, async (minor) => [
      await send('admin', minor, 'PUT', path, { quota_set: { instances: minor, force: true } }),
      await send('admin', minor, 'DELETE', path),
    ]);
  });

  it('a class of quotas', async () => {
    // One that nobody has: the default one is every project's.
    const path = `/os-quota-class-sets/${tenant.userName}`;
    await each(MINORS, async (minor) => [
      await send('admin', minor, 'PUT', path, { quota_class_set: { instances: minor, cores: '-1' } }),
    ]);
  });

  it('a security group and its rules, until 2.35', async () => {
    await each(UNTIL_36, async (minor) => {
      const security_group = { name: `at-${minor}`, description: 'd' };
      const made = await walk.ask(tenant.api, minor, 'POST', '/os-security-groups', { security_group });
      const { id } = (made.body as { security_group: { id: string } }).security_group;
      const rules = [
        { ip_protocol: 'tcp', from_port: 22, to_port: '23', cidr: '192.0.2.0/24' },
        { ip_protocol: 'icmp', from_port: -1, to_port: -1, cidr: null },
        { ip_protocol: 'udp', group_id: id },
        { group_id: id },
      ];
      const answers = [];
      for (const rule of rules)
        answers.push(
          await walk.ask(tenant.api, minor, 'POST', '/os-security-group-rules', {
            security_group_rule: { parent_group_id: id, ...rule },
          }),
        );
      const rule = (answers[0]!.body as { security_group_rule: { id: string } }).security_group_rule.id;
      return [
        made.status,
        ...answers.map(({ status }) => status),
        await send('member', minor, 'PUT', `/os-security-groups/${id}`, { security_group }),
        await send('member', minor, 'GET', `/os-security-groups/${id}`),
        await send('member', minor, 'DELETE', `/os-security-group-rules/${rule}`),
        await send('member', minor, 'DELETE', `/os-security-groups/${id}`),
      ];
    });
  });

  it('a floating IP, until 2.35', async () => {
    const { name } = await outsideOf(tenant);
    await each(UNTIL_36, async (minor) => {
      const { status, body } = await walk.ask(tenant.api, minor, 'POST', '/os-floating-ips', { pool: name });
      const { id } = (body as { floating_ip: { id: string } }).floating_ip;
      return [status, await send('member', minor, 'DELETE', `/os-floating-ips/${id}`)];
    });
  });

  it('a service', async () => {
    const list = await tenant.admin.call<{ services: { id: string; host: string }[] }>(
      'GET',
      '/compute/v2.1/os-services?binary=nova-compute',
    );
    const { id, host } = list.services[0]!;
    const old = { host, binary: 'nova-compute' };
    await each(MINORS, async (minor) =>
      minor >= 53
        ? [
            await send('admin', minor, 'PUT', `/os-services/${id}`, { status: 'enabled' }),
            await send('admin', minor, 'PUT', `/os-services/${id}`, { forced_down: false }),
          ]
        : [
            await send('admin', minor, 'PUT', '/os-services/enable', old),
            ...(minor < 11
              ? []
              : [await send('admin', minor, 'PUT', '/os-services/force-down', { ...old, forced_down: false })]),
          ],
    );
  });
});
