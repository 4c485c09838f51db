import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { DocumentWalk, type Made } from './walk.js';

describe('What the documents say of Neutron', () => {
  let walk: DocumentWalk;
  beforeAll(async () => {
    walk = await DocumentWalk.of('network');
  });

  it('holds where things are made and changed', async () => {
    const { tenant, ask } = walk;
    const { api, admin } = tenant;
    const name = `described-${tenant.userName}`;
    const { network } = await ask<Made<'network'>>(api, 'POST', '/network/v2.0/networks', { network: { name } });
    const { subnet } = await ask<Made<'subnet'>>(api, 'POST', '/network/v2.0/subnets', {
      subnet: { network_id: network.id, ip_version: 4, cidr: '198.51.100.0/24' },
    });
    const { ports } = await ask<{ ports: { id: string }[] }>(api, 'POST', '/network/v2.0/ports', {
      ports: [{ network_id: network.id }, { network_id: network.id, device_owner: 'mine' }],
    });
    await ask(api, 'PUT', `/network/v2.0/ports/${ports[0]!.id}`, { port: { name: 'changed' } });
    for (const tagged of [`networks/${network.id}`, `subnets/${subnet.id}`, `ports/${ports[0]!.id}`])
      for (const method of ['PUT', 'POST']) await ask(api, method, `/network/v2.0/${tagged}/tags`, { tags: ['t'] });
    const { address_group: group } = await ask<Made<'address_group'>>(api, 'POST', '/network/v2.0/address-groups', {
      address_group: { name, addresses: ['198.51.100.0/24'] },
    });
    for (const action of ['add', 'remove'])
      await ask(api, 'PUT', `/network/v2.0/address-groups/${group.id}/${action}_addresses`, {
        addresses: ['203.0.113.0/24'],
      });
    const { router } = await ask<Made<'router'>>(api, 'POST', '/network/v2.0/routers', { router: { name } });
    await ask(api, 'PUT', `/network/v2.0/routers/${router.id}/tags`, { tags: ['t'] });
    for (const action of ['add', 'remove'])
      await ask(api, 'PUT', `/network/v2.0/routers/${router.id}/${action}_router_interface`, { subnet_id: subnet.id });
    for (const action of ['add', 'remove'])
      await ask(api, 'PUT', `/network/v2.0/routers/${router.id}/${action}_extraroutes`, { router: { routes: [] } });
    const { security_group: secured } = await ask<Made<'security_group'>>(
      api,
      'POST',
      '/network/v2.0/security-groups',
      {
        security_group: { name },
      },
    );
    await ask(api, 'PUT', `/network/v2.0/security-groups/${secured.id}`, { security_group: { description: 'd' } });
    await ask(api, 'PUT', `/network/v2.0/security-groups/${secured.id}/tags`, { tags: ['t'] });
    const { security_group_rules: ruled } = await ask<{ security_group_rules: { id: string }[] }>(
      api,
      'POST',
      '/network/v2.0/security-group-rules',
      { security_group_rules: [{ security_group_id: secured.id, direction: 'ingress', protocol: 'tcp' }] },
    );
    const { default_security_group_rules: template } = await ask<{ default_security_group_rules: { id: string }[] }>(
      api,
      'GET',
      '/network/v2.0/default-security-group-rules',
    );
    const { security_groups_default_statefulness: statefulness } = await ask<
      Made<'security_groups_default_statefulness'>
    >(admin, 'POST', '/network/v2.0/security-groups-default-statefulness', {
      security_groups_default_statefulness: { project_id: api.projectId },
    });
    const outside = { name: `${name}-outside`, 'router:external': true };
    const { network: external } = await ask<Made<'network'>>(admin, 'POST', '/network/v2.0/networks', {
      network: outside,
    });
    await ask(admin, 'POST', '/network/v2.0/subnets', {
      subnet: { network_id: external.id, ip_version: 4, cidr: '203.0.113.0/24' },
    });
    await ask(api, 'PUT', `/network/v2.0/routers/${router.id}`, {
      router: { external_gateway_info: { network_id: external.id } },
    });
    await ask(api, 'PUT', `/network/v2.0/routers/${router.id}/add_router_interface`, { subnet_id: subnet.id });
    const { floatingip } = await ask<Made<'floatingip'>>(api, 'POST', '/network/v2.0/floatingips', {
      floatingip: { floating_network_id: external.id },
    });
    await ask(api, 'PUT', `/network/v2.0/floatingips/${floatingip.id}`, { floatingip: { description: 'changed' } });
    await ask(api, 'PUT', `/network/v2.0/floatingips/${floatingip.id}/tags`, { tags: ['t'] });
    const forwardings = `/network/v2.0/floatingips/${floatingip.id}/port_forwardings`;
    const { port_forwarding: forwarding } = await ask<Made<'port_forwarding'>>(api, 'POST', forwardings, {
      port_forwarding: { internal_port_id: ports[0]!.id, internal_port: 22, external_port: 2222, protocol: 'tcp' },
    });
    await ask(api, 'PUT', `${forwardings}/${forwarding.id}`, { port_forwarding: { external_port: 2223 } });
    const { ports: trunked } = await ask<{ ports: { id: string }[] }>(api, 'POST', '/network/v2.0/ports', {
      ports: [{ network_id: network.id }, { network_id: network.id }],
    });
    const { trunk } = await ask<Made<'trunk'>>(api, 'POST', '/network/v2.0/trunks', {
      trunk: { port_id: trunked[0]!.id },
    });
    const vlan = { port_id: trunked[1]!.id, segmentation_type: 'vlan', segmentation_id: 5 };
    await ask(api, 'PUT', `/network/v2.0/trunks/${trunk.id}/add_subports`, { sub_ports: [vlan] });
    await ask(api, 'PUT', `/network/v2.0/trunks/${trunk.id}`, { trunk: { description: 'changed' } });
    await ask(api, 'PUT', `/network/v2.0/trunks/${trunk.id}/tags`, { tags: ['t'] });
    const { policy: limited } = await ask<Made<'policy'>>(admin, 'POST', '/network/v2.0/qos/policies', {
      policy: { name, project_id: api.projectId },
    });
    const qos = `/network/v2.0/qos/policies/${limited.id}`;
    await ask(admin, 'PUT', qos, { policy: { description: 'changed' } });
    await ask(admin, 'PUT', `${qos}/tags`, { tags: ['t'] });
    const qosRules = {
      bandwidth_limit: { max_kbps: 1000 },
      dscp_marking: { dscp_mark: 8 },
      minimum_bandwidth: { min_kbps: 1 },
      minimum_packet_rate: { min_kpps: 1 },
      packet_rate_limit: { max_kpps: 1 },
    };
    const qosIds: [collection: string, id: string][] = [];
    for (const [type, fields] of Object.entries(qosRules)) {
      const path = `${qos}/${type}_rules`;
      const made = await ask<Made<string>>(admin, 'POST', path, { [`${type}_rule`]: fields });
      const { id } = made[`${type}_rule`]!;
      await ask(admin, 'PUT', `${path}/${id}`, { [`${type}_rule`]: fields });
      qosIds.push([`${type}_rules`, id], [`alias_${type}_rules`, id]);
    }
    await ask(admin, 'PUT', `/network/v2.0/quotas/${api.projectId}`, { quota: { network: 50 } });
    const { port: placed } = await ask<Made<'port'>>(admin, 'POST', '/network/v2.0/ports', {
      port: { network_id: network.id, device_owner: 'compute:test' },
    });
    await ask(admin, 'PUT', `/network/v2.0/ports/${placed.id}`, { port: { 'binding:host_id': 'somewhere' } });
    const bindings = `/network/v2.0/ports/${placed.id}/bindings`;
    walk.knowsPaths([
      ['/network/v2.0/ports/{port_id}/bindings', bindings],
      ['/network/v2.0/ports/{port_id}/bindings/{id}', `${bindings}/somewhere`],
    ]);
    const { address_scope: scope } = await ask<Made<'address_scope'>>(api, 'POST', '/network/v2.0/address-scopes', {
      address_scope: { name, ip_version: 4 },
    });
    const { rbac_policy: rbac } = await ask<Made<'rbac_policy'>>(api, 'POST', '/network/v2.0/rbac-policies', {
      rbac_policy: {
        object_type: 'address_scope',
        object_id: scope.id,
        action: 'access_as_shared',
        target_tenant: randomUUID(),
      },
    });
    await ask(api, 'PUT', `/network/v2.0/rbac-policies/${rbac.id}`, { rbac_policy: { target_tenant: randomUUID() } });
    const { segments } = await ask<{ segments: { id: string }[] }>(admin, 'GET', '/network/v2.0/segments?limit=1');
    await ask(admin, 'PUT', `/network/v2.0/segments/${segments[0]!.id}`, { segment: { name } });
    await ask(admin, 'PUT', `/network/v2.0/segments/${segments[0]!.id}/tags`, { tags: ['t'] });
    const { network_segment_range: segmentRange } = await ask<Made<'network_segment_range'>>(
      admin,
      'POST',
      '/network/v2.0/network_segment_ranges',
      { network_segment_range: { name, network_type: 'vxlan', minimum: 7_000_001, maximum: 7_000_010 } },
    );
    await ask(admin, 'PUT', `/network/v2.0/network_segment_ranges/${segmentRange.id}`, {
      network_segment_range: { maximum: 7_000_020 },
    });
    await ask(admin, 'PUT', `/network/v2.0/network_segment_ranges/${segmentRange.id}/tags`, { tags: ['t'] });
    const { subnetpool: pool } = await ask<Made<'subnetpool'>>(api, 'POST', '/network/v2.0/subnetpools', {
      subnetpool: { name, prefixes: ['10.40.0.0/16'], address_scope_id: scope.id },
    });
    for (const action of ['add_prefixes', 'remove_prefixes'])
      await ask(api, 'PUT', `/network/v2.0/subnetpools/${pool.id}/${action}`, { prefixes: ['10.41.0.0/16'] });
    await ask(api, 'PUT', `/network/v2.0/subnetpools/${pool.id}/tags`, { tags: ['t'] });
    const { service_profile: profile } = await ask<Made<'service_profile'>>(
      admin,
      'POST',
      '/network/v2.0/service_profiles',
      { service_profile: { metainfo: 'm' } },
    );
    const { flavor: routed } = await ask<Made<'flavor'>>(admin, 'POST', '/network/v2.0/flavors', {
      flavor: { service_type: 'L3_ROUTER_NAT' },
    });
    await ask(admin, 'POST', `/network/v2.0/flavors/${routed.id}/service_profiles`, {
      service_profile: { id: profile.id },
    });
    walk.knowsPaths([['/network/v2.0/flavors/{id}', `/network/v2.0/flavors/${routed.id}`]]);
    const { metering_label: label } = await ask<Made<'metering_label'>>(
      admin,
      'POST',
      '/network/v2.0/metering/metering-labels',
      { metering_label: { name } },
    );
    const { metering_label_rule: metered } = await ask<Made<'metering_label_rule'>>(
      admin,
      'POST',
      '/network/v2.0/metering/metering-label-rules',
      {
        metering_label_rule: { metering_label_id: label.id, direction: 'ingress', remote_ip_prefix: '192.0.2.0/24' },
      },
    );
    const { agents } = await ask<{ agents: { id: string }[] }>(admin, 'GET', '/network/v2.0/agents');
    const { extensions } = await ask<{ extensions: { alias: string }[] }>(api, 'GET', '/network/v2.0/extensions');
    walk.knows({
      extensions: extensions[0]!.alias,
      agents: agents[0]!.id,
      tags: 't',
      networks: network.id,
      subnets: subnet.id,
      ports: ports[0]!.id,
      'address-groups': group.id,
      'address-scopes': scope.id,
      'rbac-policies': rbac.id,
      segments: segments[0]!.id,
      network_segment_ranges: segmentRange.id,
      subnetpools: pool.id,
      routers: router.id,
      'security-groups': secured.id,
      'security-group-rules': ruled[0]!.id,
      'default-security-group-rules': template[0]!.id,
      'security-groups-default-statefulness': statefulness.id,
      floatingips: floatingip.id,
      port_forwardings: forwarding.id,
      'network-ip-availabilities': network.id,
      service_profiles: profile.id,
      'metering-labels': label.id,
      'metering-label-rules': metered.id,
      trunks: trunk.id,
      'qos/policies': limited.id,
      'v2.0/policies': limited.id,
      'rule-types': 'dscp_marking',
      quotas: api.projectId,
      ...Object.fromEntries(qosIds),
    });
    expect(walk.found()).toEqual([]);
  });

  it('holds for every GET, by a member and by an administrator, of every resource its list and one of it', async () => {
    expect(await walk.readAll()).toEqual([
      // The cloud has no default external network (test/services/neutron-auto-topologies.test.ts).
      'GET /network/v2.0/auto-allocated-topology/{project_id}',
      // No host writes packets down: there is no log to show.
      'GET /network/v2.0/log/logs/{id}',
    ]);
    expect(walk.found()).toEqual([]);
  });

  it('holds where requests are refused', async () => {
    await walk.ask(walk.tenant.api, 'GET', '/network/v2.0/networks/nothing');
    await walk.ask(walk.tenant.api, 'POST', '/network/v2.0/networks', { network: { nonsense: 1 } });
    expect(walk.found()).toEqual([]);
  });
});
