CREATE SCHEMA neutron;

CREATE TABLE neutron.address_groups (
  id TEXT NOT NULL,
  name TEXT NOT NULL DEFAULT ''::text,
  description TEXT NOT NULL DEFAULT ''::text,
  project_id TEXT NOT NULL,
  addresses TEXT[] DEFAULT ARRAY[]::text[],
  revision_number INTEGER NOT NULL DEFAULT 0,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT address_groups_pkey PRIMARY KEY (id)
);

CREATE TABLE neutron.address_scopes (
  id TEXT NOT NULL,
  name TEXT NOT NULL DEFAULT ''::text,
  project_id TEXT NOT NULL,
  ip_version INTEGER NOT NULL,
  shared BOOLEAN NOT NULL DEFAULT false,
  CONSTRAINT address_scopes_pkey PRIMARY KEY (id)
);

CREATE TABLE neutron.agents (
  host TEXT NOT NULL,
  admin_state_up BOOLEAN NOT NULL DEFAULT true,
  agent_type TEXT NOT NULL,
  availability_zone TEXT,
  "binary" TEXT NOT NULL,
  configurations JSONB NOT NULL DEFAULT '{}'::jsonb,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  description TEXT,
  heartbeat_timestamp TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  id TEXT NOT NULL,
  started_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  topic TEXT NOT NULL DEFAULT 'N/A'::text,
  CONSTRAINT agents_pkey PRIMARY KEY (id)
);

CREATE TABLE neutron.auto_allocated_topologies (
  project_id TEXT NOT NULL,
  network_id TEXT NOT NULL,
  router_id TEXT,
  CONSTRAINT auto_allocated_topologies_pkey PRIMARY KEY (project_id)
);

CREATE TABLE neutron.default_security_group_rules (
  id TEXT NOT NULL,
  description TEXT DEFAULT ''::text,
  direction TEXT NOT NULL,
  ethertype TEXT NOT NULL,
  protocol TEXT,
  port_range_min INTEGER,
  port_range_max INTEGER,
  remote_ip_prefix TEXT,
  normalized_cidr TEXT,
  remote_group_id TEXT,
  remote_address_group_id TEXT,
  used_in_default_sg BOOLEAN NOT NULL,
  used_in_non_default_sg BOOLEAN NOT NULL,
  match TEXT NOT NULL,
  revision_number INTEGER NOT NULL DEFAULT 0,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT default_security_group_rules_pkey PRIMARY KEY (id)
);

CREATE TABLE neutron.flavor_service_profiles (
  flavor_id TEXT NOT NULL,
  service_profile_id TEXT NOT NULL,
  CONSTRAINT flavor_service_profiles_pkey PRIMARY KEY (flavor_id, service_profile_id)
);

CREATE TABLE neutron.flavors (
  id TEXT NOT NULL,
  name TEXT NOT NULL DEFAULT ''::text,
  description TEXT DEFAULT ''::text,
  service_type TEXT NOT NULL,
  enabled BOOLEAN NOT NULL DEFAULT true,
  CONSTRAINT flavors_pkey PRIMARY KEY (id)
);

CREATE TABLE neutron.floating_ips (
  id TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT ''::text,
  project_id TEXT NOT NULL,
  floating_network_id TEXT NOT NULL,
  floating_ip_address TEXT NOT NULL,
  floating_port_id TEXT NOT NULL,
  port_id TEXT,
  fixed_ip_address TEXT,
  router_id TEXT,
  status TEXT NOT NULL DEFAULT 'DOWN'::text,
  dns_name TEXT NOT NULL DEFAULT ''::text,
  dns_domain TEXT NOT NULL DEFAULT ''::text,
  tags TEXT[] DEFAULT ARRAY[]::text[],
  revision_number INTEGER NOT NULL DEFAULT 0,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  qos_policy_id TEXT,
  CONSTRAINT floating_ips_pkey PRIMARY KEY (id)
);

CREATE TABLE neutron.host_changes (
  id BIGSERIAL NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  changed_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  xid BIGINT NOT NULL DEFAULT ((pg_current_xact_id())::text)::bigint,
  CONSTRAINT host_changes_pkey PRIMARY KEY (id)
);

CREATE TABLE neutron.ip_allocations (
  subnet_id TEXT NOT NULL,
  ip_address TEXT NOT NULL,
  port_id TEXT NOT NULL,
  CONSTRAINT ip_allocations_pkey PRIMARY KEY (subnet_id, ip_address)
);

CREATE TABLE neutron.metering_label_rules (
  id TEXT NOT NULL,
  metering_label_id TEXT NOT NULL,
  direction TEXT NOT NULL,
  excluded BOOLEAN NOT NULL DEFAULT false,
  remote_ip_prefix TEXT,
  source_ip_prefix TEXT,
  destination_ip_prefix TEXT,
  CONSTRAINT metering_label_rules_pkey PRIMARY KEY (id)
);

CREATE TABLE neutron.metering_labels (
  id TEXT NOT NULL,
  name TEXT NOT NULL DEFAULT ''::text,
  description TEXT NOT NULL DEFAULT ''::text,
  project_id TEXT NOT NULL,
  shared BOOLEAN NOT NULL DEFAULT false,
  CONSTRAINT metering_labels_pkey PRIMARY KEY (id)
);

CREATE TABLE neutron.network_dhcp_agents (
  network_id TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  CONSTRAINT network_dhcp_agents_pkey PRIMARY KEY (network_id, agent_id)
);

CREATE TABLE neutron.network_segment_ranges (
  id TEXT NOT NULL,
  name TEXT NOT NULL DEFAULT ''::text,
  description TEXT NOT NULL DEFAULT ''::text,
  "default" BOOLEAN NOT NULL,
  shared BOOLEAN NOT NULL DEFAULT true,
  project_id TEXT,
  network_type TEXT NOT NULL,
  physical_network TEXT NOT NULL DEFAULT ''::text,
  minimum INTEGER NOT NULL,
  maximum INTEGER NOT NULL,
  tags TEXT[] DEFAULT ARRAY[]::text[],
  revision_number INTEGER NOT NULL DEFAULT 0,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT network_segment_ranges_pkey PRIMARY KEY (id)
);

CREATE TABLE neutron.networks (
  id TEXT NOT NULL,
  name TEXT NOT NULL DEFAULT ''::text,
  description TEXT NOT NULL DEFAULT ''::text,
  project_id TEXT NOT NULL,
  admin_state_up BOOLEAN NOT NULL DEFAULT true,
  shared BOOLEAN NOT NULL DEFAULT false,
  port_security_enabled BOOLEAN NOT NULL DEFAULT true,
  mtu INTEGER NOT NULL DEFAULT 1450,
  segmentation_id INTEGER NOT NULL,
  revision_number INTEGER NOT NULL DEFAULT 1,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  availability_zone_hints TEXT[] DEFAULT ARRAY[]::text[],
  dns_domain TEXT NOT NULL DEFAULT ''::text,
  external BOOLEAN NOT NULL DEFAULT false,
  is_default BOOLEAN NOT NULL DEFAULT false,
  network_type TEXT NOT NULL DEFAULT 'vxlan'::text,
  physical_network TEXT,
  status TEXT NOT NULL DEFAULT 'ACTIVE'::text,
  tags TEXT[] DEFAULT ARRAY[]::text[],
  qos_policy_id TEXT,
  CONSTRAINT networks_pkey PRIMARY KEY (id)
);

CREATE TABLE neutron.port_bindings (
  port_id TEXT NOT NULL,
  host TEXT NOT NULL,
  vif_type TEXT NOT NULL,
  vnic_type TEXT NOT NULL DEFAULT 'normal'::text,
  profile JSONB NOT NULL DEFAULT '{}'::jsonb,
  CONSTRAINT port_bindings_pkey PRIMARY KEY (port_id, host)
);

CREATE TABLE neutron.port_forwardings (
  id TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT ''::text,
  floatingip_id TEXT NOT NULL,
  internal_port_id TEXT NOT NULL,
  internal_ip_address TEXT NOT NULL,
  protocol TEXT NOT NULL,
  external_first INTEGER NOT NULL,
  external_last INTEGER NOT NULL,
  internal_first INTEGER NOT NULL,
  internal_last INTEGER NOT NULL,
  revision_number INTEGER NOT NULL DEFAULT 0,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT port_forwardings_pkey PRIMARY KEY (id)
);

CREATE TABLE neutron.port_security_groups (
  port_id TEXT NOT NULL,
  security_group_id TEXT NOT NULL,
  CONSTRAINT port_security_groups_pkey PRIMARY KEY (port_id, security_group_id)
);

CREATE TABLE neutron.port_sightings (
  port_id TEXT NOT NULL,
  host TEXT NOT NULL,
  server_id TEXT NOT NULL,
  plugged_at TIMESTAMP(6) WITH TIME ZONE,
  leased_at TIMESTAMP(6) WITH TIME ZONE,
  leased_address TEXT,
  asked_at TIMESTAMP(6) WITH TIME ZONE,
  CONSTRAINT port_sightings_pkey PRIMARY KEY (port_id)
);

CREATE TABLE neutron.ports (
  id TEXT NOT NULL,
  name TEXT NOT NULL DEFAULT ''::text,
  description TEXT NOT NULL DEFAULT ''::text,
  project_id TEXT NOT NULL,
  network_id TEXT NOT NULL,
  mac_address TEXT NOT NULL,
  admin_state_up BOOLEAN NOT NULL DEFAULT true,
  status TEXT NOT NULL DEFAULT 'DOWN'::text,
  device_id TEXT NOT NULL DEFAULT ''::text,
  device_owner TEXT NOT NULL DEFAULT ''::text,
  binding_host_id TEXT NOT NULL DEFAULT ''::text,
  binding_vif_type TEXT NOT NULL DEFAULT 'unbound'::text,
  port_security_enabled BOOLEAN NOT NULL DEFAULT true,
  created_by_nova BOOLEAN NOT NULL DEFAULT false,
  revision_number INTEGER NOT NULL DEFAULT 1,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  allowed_address_pairs JSONB NOT NULL DEFAULT '[]'::jsonb,
  binding_profile JSONB NOT NULL DEFAULT '{}'::jsonb,
  binding_vnic_type TEXT NOT NULL DEFAULT 'normal'::text,
  data_plane_status TEXT,
  dns_domain TEXT NOT NULL DEFAULT ''::text,
  dns_name TEXT NOT NULL DEFAULT ''::text,
  extra_dhcp_opts JSONB NOT NULL DEFAULT '[]'::jsonb,
  numa_affinity_policy TEXT,
  propagate_uplink_status BOOLEAN NOT NULL DEFAULT true,
  tags TEXT[] DEFAULT ARRAY[]::text[],
  device_tag TEXT,
  operation_id TEXT,
  qos_policy_id TEXT,
  CONSTRAINT ports_pkey PRIMARY KEY (id)
);

CREATE TABLE neutron.qos_policies (
  id TEXT NOT NULL,
  name TEXT NOT NULL DEFAULT ''::text,
  description TEXT NOT NULL DEFAULT ''::text,
  project_id TEXT NOT NULL,
  shared BOOLEAN NOT NULL DEFAULT false,
  default_of TEXT,
  tags TEXT[] DEFAULT ARRAY[]::text[],
  revision_number INTEGER NOT NULL DEFAULT 0,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT qos_policies_pkey PRIMARY KEY (id)
);

CREATE TABLE neutron.qos_rules (
  id TEXT NOT NULL,
  policy_id TEXT NOT NULL,
  type TEXT NOT NULL,
  direction TEXT NOT NULL DEFAULT ''::text,
  max_kbps INTEGER,
  max_burst_kbps INTEGER,
  min_kbps INTEGER,
  max_kpps INTEGER,
  max_burst_kpps INTEGER,
  min_kpps INTEGER,
  dscp_mark INTEGER,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT qos_rules_pkey PRIMARY KEY (id)
);

CREATE TABLE neutron.quotas (
  project_id TEXT NOT NULL,
  resource TEXT NOT NULL,
  hard_limit INTEGER NOT NULL,
  CONSTRAINT quotas_pkey PRIMARY KEY (project_id, resource)
);

CREATE TABLE neutron.rbac_policies (
  id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  action TEXT NOT NULL,
  target_project TEXT NOT NULL,
  network_id TEXT,
  qos_policy_id TEXT,
  security_group_id TEXT,
  address_scope_id TEXT,
  subnetpool_id TEXT,
  address_group_id TEXT,
  CONSTRAINT rbac_policies_pkey PRIMARY KEY (id)
);

CREATE TABLE neutron.router_ports (
  port_id TEXT NOT NULL,
  router_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  CONSTRAINT router_ports_pkey PRIMARY KEY (port_id)
);

CREATE TABLE neutron.routers (
  id TEXT NOT NULL,
  name TEXT NOT NULL DEFAULT ''::text,
  description TEXT NOT NULL DEFAULT ''::text,
  project_id TEXT NOT NULL,
  admin_state_up BOOLEAN NOT NULL DEFAULT true,
  status TEXT NOT NULL DEFAULT 'ACTIVE'::text,
  enable_snat BOOLEAN NOT NULL DEFAULT true,
  routes JSONB NOT NULL DEFAULT '[]'::jsonb,
  availability_zone_hints TEXT[] DEFAULT ARRAY[]::text[],
  tags TEXT[] DEFAULT ARRAY[]::text[],
  host TEXT NOT NULL DEFAULT ''::text,
  revision_number INTEGER NOT NULL DEFAULT 1,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  qos_policy_id TEXT,
  CONSTRAINT routers_pkey PRIMARY KEY (id)
);

CREATE TABLE neutron.security_group_rules (
  id TEXT NOT NULL,
  description TEXT DEFAULT ''::text,
  project_id TEXT NOT NULL,
  security_group_id TEXT NOT NULL,
  direction TEXT NOT NULL,
  ethertype TEXT NOT NULL DEFAULT 'IPv4'::text,
  protocol TEXT,
  port_range_min INTEGER,
  port_range_max INTEGER,
  remote_ip_prefix TEXT,
  normalized_cidr TEXT,
  remote_group_id TEXT,
  remote_address_group_id TEXT,
  match TEXT NOT NULL,
  revision_number INTEGER NOT NULL DEFAULT 0,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT security_group_rules_pkey PRIMARY KEY (id)
);

CREATE TABLE neutron.security_groups (
  id TEXT NOT NULL,
  name TEXT NOT NULL DEFAULT ''::text,
  description TEXT NOT NULL DEFAULT ''::text,
  project_id TEXT NOT NULL,
  stateful BOOLEAN NOT NULL DEFAULT true,
  default_of TEXT,
  tags TEXT[] DEFAULT ARRAY[]::text[],
  revision_number INTEGER NOT NULL DEFAULT 1,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT security_groups_pkey PRIMARY KEY (id)
);

CREATE TABLE neutron.security_groups_default_statefulness (
  id TEXT NOT NULL,
  project_id TEXT,
  stateful BOOLEAN NOT NULL DEFAULT true,
  CONSTRAINT security_groups_default_statefulness_pkey PRIMARY KEY (id)
);

CREATE TABLE neutron.segments (
  id TEXT NOT NULL,
  network_id TEXT NOT NULL,
  name TEXT,
  description TEXT,
  tags TEXT[] DEFAULT ARRAY[]::text[],
  revision_number INTEGER NOT NULL DEFAULT 0,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT segments_pkey PRIMARY KEY (id)
);

CREATE TABLE neutron.service_profiles (
  id TEXT NOT NULL,
  description TEXT DEFAULT ''::text,
  driver TEXT NOT NULL DEFAULT ''::text,
  metainfo TEXT NOT NULL DEFAULT ''::text,
  enabled BOOLEAN NOT NULL DEFAULT true,
  CONSTRAINT service_profiles_pkey PRIMARY KEY (id)
);

CREATE TABLE neutron.sub_ports (
  port_id TEXT NOT NULL,
  trunk_id TEXT NOT NULL,
  segmentation_type TEXT NOT NULL,
  segmentation_id INTEGER NOT NULL,
  CONSTRAINT sub_ports_pkey PRIMARY KEY (port_id)
);

CREATE TABLE neutron.subnet_pools (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT ''::text,
  project_id TEXT NOT NULL,
  ip_version INTEGER NOT NULL,
  prefixes TEXT[],
  min_prefixlen INTEGER NOT NULL,
  max_prefixlen INTEGER NOT NULL,
  default_prefixlen INTEGER NOT NULL,
  default_quota INTEGER,
  address_scope_id TEXT,
  shared BOOLEAN NOT NULL DEFAULT false,
  is_default BOOLEAN NOT NULL DEFAULT false,
  default_of INTEGER,
  tags TEXT[] DEFAULT ARRAY[]::text[],
  revision_number INTEGER NOT NULL DEFAULT 0,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT subnet_pools_pkey PRIMARY KEY (id)
);

CREATE TABLE neutron.subnets (
  id TEXT NOT NULL,
  name TEXT NOT NULL DEFAULT ''::text,
  description TEXT NOT NULL DEFAULT ''::text,
  project_id TEXT NOT NULL,
  network_id TEXT NOT NULL,
  ip_version INTEGER NOT NULL,
  cidr TEXT NOT NULL,
  gateway_ip TEXT,
  enable_dhcp BOOLEAN NOT NULL DEFAULT true,
  dns_nameservers TEXT[] DEFAULT ARRAY[]::text[],
  allocation_pools JSONB NOT NULL,
  revision_number INTEGER NOT NULL DEFAULT 0,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  dns_publish_fixed_ip BOOLEAN NOT NULL DEFAULT false,
  host_routes JSONB NOT NULL DEFAULT '[]'::jsonb,
  ipv6_address_mode TEXT,
  ipv6_ra_mode TEXT,
  service_types TEXT[] DEFAULT ARRAY[]::text[],
  tags TEXT[] DEFAULT ARRAY[]::text[],
  subnetpool_id TEXT,
  CONSTRAINT subnets_pkey PRIMARY KEY (id)
);

CREATE TABLE neutron.trunks (
  id TEXT NOT NULL,
  name TEXT NOT NULL DEFAULT ''::text,
  description TEXT NOT NULL DEFAULT ''::text,
  project_id TEXT NOT NULL,
  port_id TEXT NOT NULL,
  admin_state_up BOOLEAN NOT NULL DEFAULT true,
  status TEXT NOT NULL DEFAULT 'DOWN'::text,
  tags TEXT[] DEFAULT ARRAY[]::text[],
  revision_number INTEGER NOT NULL DEFAULT 0,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT trunks_pkey PRIMARY KEY (id)
);

CREATE INDEX address_groups_project_id_created_at_idx ON neutron.address_groups USING btree (project_id, created_at);

CREATE INDEX address_scopes_name_idx ON neutron.address_scopes USING btree (name);

CREATE INDEX address_scopes_project_id_idx ON neutron.address_scopes USING btree (project_id);

CREATE INDEX address_scopes_shared_idx ON neutron.address_scopes USING btree (shared);

CREATE UNIQUE INDEX agents_host_agent_type_key ON neutron.agents USING btree (host, agent_type);

CREATE UNIQUE INDEX auto_allocated_topologies_network_id_key ON neutron.auto_allocated_topologies USING btree (network_id);

CREATE UNIQUE INDEX auto_allocated_topologies_router_id_key ON neutron.auto_allocated_topologies USING btree (router_id);

CREATE INDEX flavor_service_profiles_service_profile_id_idx ON neutron.flavor_service_profiles USING btree (service_profile_id);

CREATE INDEX flavors_name_idx ON neutron.flavors USING btree (name);

CREATE INDEX floating_ips_floating_ip_address_idx ON neutron.floating_ips USING btree (floating_ip_address);

CREATE INDEX floating_ips_floating_network_id_idx ON neutron.floating_ips USING btree (floating_network_id);

CREATE UNIQUE INDEX floating_ips_floating_port_id_key ON neutron.floating_ips USING btree (floating_port_id);

CREATE UNIQUE INDEX floating_ips_port_id_fixed_ip_address_floating_network_id_key ON neutron.floating_ips USING btree (port_id, fixed_ip_address, floating_network_id);

CREATE INDEX floating_ips_project_id_created_at_idx ON neutron.floating_ips USING btree (project_id, created_at);

CREATE INDEX floating_ips_qos_policy_id_idx ON neutron.floating_ips USING btree (qos_policy_id);

CREATE INDEX floating_ips_router_id_idx ON neutron.floating_ips USING btree (router_id);

CREATE INDEX host_changes_xid_idx ON neutron.host_changes USING btree (xid);

CREATE INDEX ip_allocations_port_id_idx ON neutron.ip_allocations USING btree (port_id);

CREATE INDEX metering_label_rules_metering_label_id_idx ON neutron.metering_label_rules USING btree (metering_label_id);

CREATE INDEX metering_labels_name_idx ON neutron.metering_labels USING btree (name);

CREATE INDEX metering_labels_project_id_idx ON neutron.metering_labels USING btree (project_id);

CREATE INDEX network_dhcp_agents_agent_id_idx ON neutron.network_dhcp_agents USING btree (agent_id);

CREATE INDEX network_segment_ranges_minimum_idx ON neutron.network_segment_ranges USING btree (minimum);

CREATE INDEX network_segment_ranges_project_id_idx ON neutron.network_segment_ranges USING btree (project_id);

CREATE INDEX networks_name_idx ON neutron.networks USING btree (name);

CREATE INDEX networks_project_id_idx ON neutron.networks USING btree (project_id);

CREATE INDEX networks_qos_policy_id_idx ON neutron.networks USING btree (qos_policy_id);

CREATE UNIQUE INDEX networks_segmentation_id_key ON neutron.networks USING btree (segmentation_id);

CREATE INDEX port_forwardings_floatingip_id_idx ON neutron.port_forwardings USING btree (floatingip_id);

CREATE INDEX port_forwardings_internal_port_id_idx ON neutron.port_forwardings USING btree (internal_port_id);

CREATE INDEX port_security_groups_security_group_id_idx ON neutron.port_security_groups USING btree (security_group_id);

CREATE INDEX port_sightings_server_id_idx ON neutron.port_sightings USING btree (server_id);

CREATE INDEX ports_binding_host_id_idx ON neutron.ports USING btree (binding_host_id);

CREATE INDEX ports_device_id_idx ON neutron.ports USING btree (device_id);

CREATE INDEX ports_dhcp ON neutron.ports USING btree (network_id) WHERE (device_owner = 'network:dhcp'::text);

CREATE UNIQUE INDEX ports_network_id_mac_address_key ON neutron.ports USING btree (network_id, mac_address);

CREATE INDEX ports_project_id_created_at_idx ON neutron.ports USING btree (project_id, created_at);

CREATE INDEX ports_qos_policy_id_idx ON neutron.ports USING btree (qos_policy_id);

CREATE UNIQUE INDEX qos_policies_default_of_key ON neutron.qos_policies USING btree (default_of);

CREATE INDEX qos_policies_name_idx ON neutron.qos_policies USING btree (name);

CREATE INDEX qos_policies_project_id_created_at_idx ON neutron.qos_policies USING btree (project_id, created_at);

CREATE UNIQUE INDEX qos_rules_policy_id_type_direction_key ON neutron.qos_rules USING btree (policy_id, type, direction);

CREATE UNIQUE INDEX rbac_policies_address_group_id_action_target_project_key ON neutron.rbac_policies USING btree (address_group_id, action, target_project);

CREATE UNIQUE INDEX rbac_policies_address_scope_id_action_target_project_key ON neutron.rbac_policies USING btree (address_scope_id, action, target_project);

CREATE UNIQUE INDEX rbac_policies_network_id_action_target_project_key ON neutron.rbac_policies USING btree (network_id, action, target_project);

CREATE INDEX rbac_policies_project_id_idx ON neutron.rbac_policies USING btree (project_id);

CREATE UNIQUE INDEX rbac_policies_qos_policy_id_action_target_project_key ON neutron.rbac_policies USING btree (qos_policy_id, action, target_project);

CREATE UNIQUE INDEX rbac_policies_security_group_id_action_target_project_key ON neutron.rbac_policies USING btree (security_group_id, action, target_project);

CREATE UNIQUE INDEX rbac_policies_subnetpool_id_action_target_project_key ON neutron.rbac_policies USING btree (subnetpool_id, action, target_project);

CREATE INDEX rbac_policies_target_project_idx ON neutron.rbac_policies USING btree (target_project);

CREATE INDEX router_ports_router_id_idx ON neutron.router_ports USING btree (router_id);

CREATE INDEX routers_host_idx ON neutron.routers USING btree (host);

CREATE INDEX routers_name_idx ON neutron.routers USING btree (name);

CREATE INDEX routers_project_id_created_at_idx ON neutron.routers USING btree (project_id, created_at);

CREATE INDEX routers_qos_policy_id_idx ON neutron.routers USING btree (qos_policy_id);

CREATE INDEX security_group_rules_project_id_idx ON neutron.security_group_rules USING btree (project_id);

CREATE INDEX security_group_rules_remote_address_group_id_idx ON neutron.security_group_rules USING btree (remote_address_group_id);

CREATE INDEX security_group_rules_remote_group_id_idx ON neutron.security_group_rules USING btree (remote_group_id);

CREATE UNIQUE INDEX security_group_rules_security_group_id_match_key ON neutron.security_group_rules USING btree (security_group_id, match);

CREATE UNIQUE INDEX security_groups_default_of_key ON neutron.security_groups USING btree (default_of);

CREATE UNIQUE INDEX security_groups_default_statefulness_project_id_key ON neutron.security_groups_default_statefulness USING btree (project_id);

CREATE INDEX security_groups_name_idx ON neutron.security_groups USING btree (name);

CREATE INDEX security_groups_project_id_created_at_idx ON neutron.security_groups USING btree (project_id, created_at);

CREATE UNIQUE INDEX segments_network_id_key ON neutron.segments USING btree (network_id);

CREATE UNIQUE INDEX sub_ports_trunk_id_segmentation_type_segmentation_id_key ON neutron.sub_ports USING btree (trunk_id, segmentation_type, segmentation_id);

CREATE INDEX subnet_pools_address_scope_id_idx ON neutron.subnet_pools USING btree (address_scope_id);

CREATE UNIQUE INDEX subnet_pools_default_of_key ON neutron.subnet_pools USING btree (default_of);

CREATE INDEX subnet_pools_name_idx ON neutron.subnet_pools USING btree (name);

CREATE INDEX subnet_pools_project_id_created_at_idx ON neutron.subnet_pools USING btree (project_id, created_at);

CREATE INDEX subnet_pools_shared_idx ON neutron.subnet_pools USING btree (shared);

CREATE INDEX subnets_network_id_idx ON neutron.subnets USING btree (network_id);

CREATE INDEX subnets_project_id_idx ON neutron.subnets USING btree (project_id);

CREATE INDEX subnets_subnetpool_id_idx ON neutron.subnets USING btree (subnetpool_id);

CREATE INDEX trunks_name_idx ON neutron.trunks USING btree (name);

CREATE UNIQUE INDEX trunks_port_id_key ON neutron.trunks USING btree (port_id);

CREATE INDEX trunks_project_id_created_at_idx ON neutron.trunks USING btree (project_id, created_at);

ALTER TABLE neutron.auto_allocated_topologies ADD CONSTRAINT auto_allocated_topologies_network_id_fkey FOREIGN KEY (network_id) REFERENCES neutron.networks(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE neutron.auto_allocated_topologies ADD CONSTRAINT auto_allocated_topologies_router_id_fkey FOREIGN KEY (router_id) REFERENCES neutron.routers(id) ON UPDATE CASCADE ON DELETE SET NULL;

ALTER TABLE neutron.flavor_service_profiles ADD CONSTRAINT flavor_service_profiles_flavor_id_fkey FOREIGN KEY (flavor_id) REFERENCES neutron.flavors(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE neutron.flavor_service_profiles ADD CONSTRAINT flavor_service_profiles_service_profile_id_fkey FOREIGN KEY (service_profile_id) REFERENCES neutron.service_profiles(id) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE neutron.floating_ips ADD CONSTRAINT floating_ips_floating_network_id_fkey FOREIGN KEY (floating_network_id) REFERENCES neutron.networks(id) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE neutron.floating_ips ADD CONSTRAINT floating_ips_floating_port_id_fkey FOREIGN KEY (floating_port_id) REFERENCES neutron.ports(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE neutron.floating_ips ADD CONSTRAINT floating_ips_port_id_fkey FOREIGN KEY (port_id) REFERENCES neutron.ports(id) ON UPDATE CASCADE ON DELETE SET NULL;

ALTER TABLE neutron.floating_ips ADD CONSTRAINT floating_ips_qos_policy_id_fkey FOREIGN KEY (qos_policy_id) REFERENCES neutron.qos_policies(id) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE neutron.floating_ips ADD CONSTRAINT floating_ips_router_id_fkey FOREIGN KEY (router_id) REFERENCES neutron.routers(id) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE neutron.ip_allocations ADD CONSTRAINT ip_allocations_port_id_fkey FOREIGN KEY (port_id) REFERENCES neutron.ports(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE neutron.ip_allocations ADD CONSTRAINT ip_allocations_subnet_id_fkey FOREIGN KEY (subnet_id) REFERENCES neutron.subnets(id) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE neutron.metering_label_rules ADD CONSTRAINT metering_label_rules_metering_label_id_fkey FOREIGN KEY (metering_label_id) REFERENCES neutron.metering_labels(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE neutron.network_dhcp_agents ADD CONSTRAINT network_dhcp_agents_agent_id_fkey FOREIGN KEY (agent_id) REFERENCES neutron.agents(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE neutron.network_dhcp_agents ADD CONSTRAINT network_dhcp_agents_network_id_fkey FOREIGN KEY (network_id) REFERENCES neutron.networks(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE neutron.networks ADD CONSTRAINT networks_qos_policy_id_fkey FOREIGN KEY (qos_policy_id) REFERENCES neutron.qos_policies(id) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE neutron.port_bindings ADD CONSTRAINT port_bindings_port_id_fkey FOREIGN KEY (port_id) REFERENCES neutron.ports(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE neutron.port_forwardings ADD CONSTRAINT port_forwardings_floatingip_id_fkey FOREIGN KEY (floatingip_id) REFERENCES neutron.floating_ips(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE neutron.port_forwardings ADD CONSTRAINT port_forwardings_internal_port_id_fkey FOREIGN KEY (internal_port_id) REFERENCES neutron.ports(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE neutron.port_security_groups ADD CONSTRAINT port_security_groups_port_id_fkey FOREIGN KEY (port_id) REFERENCES neutron.ports(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE neutron.port_security_groups ADD CONSTRAINT port_security_groups_security_group_id_fkey FOREIGN KEY (security_group_id) REFERENCES neutron.security_groups(id) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE neutron.port_sightings ADD CONSTRAINT port_sightings_port_id_fkey FOREIGN KEY (port_id) REFERENCES neutron.ports(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE neutron.ports ADD CONSTRAINT ports_network_id_fkey FOREIGN KEY (network_id) REFERENCES neutron.networks(id) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE neutron.ports ADD CONSTRAINT ports_qos_policy_id_fkey FOREIGN KEY (qos_policy_id) REFERENCES neutron.qos_policies(id) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE neutron.qos_rules ADD CONSTRAINT qos_rules_policy_id_fkey FOREIGN KEY (policy_id) REFERENCES neutron.qos_policies(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE neutron.rbac_policies ADD CONSTRAINT rbac_policies_address_group_id_fkey FOREIGN KEY (address_group_id) REFERENCES neutron.address_groups(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE neutron.rbac_policies ADD CONSTRAINT rbac_policies_address_scope_id_fkey FOREIGN KEY (address_scope_id) REFERENCES neutron.address_scopes(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE neutron.rbac_policies ADD CONSTRAINT rbac_policies_network_id_fkey FOREIGN KEY (network_id) REFERENCES neutron.networks(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE neutron.rbac_policies ADD CONSTRAINT rbac_policies_qos_policy_id_fkey FOREIGN KEY (qos_policy_id) REFERENCES neutron.qos_policies(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE neutron.rbac_policies ADD CONSTRAINT rbac_policies_security_group_id_fkey FOREIGN KEY (security_group_id) REFERENCES neutron.security_groups(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE neutron.rbac_policies ADD CONSTRAINT rbac_policies_subnetpool_id_fkey FOREIGN KEY (subnetpool_id) REFERENCES neutron.subnet_pools(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE neutron.router_ports ADD CONSTRAINT router_ports_port_id_fkey FOREIGN KEY (port_id) REFERENCES neutron.ports(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE neutron.router_ports ADD CONSTRAINT router_ports_router_id_fkey FOREIGN KEY (router_id) REFERENCES neutron.routers(id) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE neutron.routers ADD CONSTRAINT routers_qos_policy_id_fkey FOREIGN KEY (qos_policy_id) REFERENCES neutron.qos_policies(id) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE neutron.security_group_rules ADD CONSTRAINT security_group_rules_remote_address_group_id_fkey FOREIGN KEY (remote_address_group_id) REFERENCES neutron.address_groups(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE neutron.security_group_rules ADD CONSTRAINT security_group_rules_remote_group_id_fkey FOREIGN KEY (remote_group_id) REFERENCES neutron.security_groups(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE neutron.security_group_rules ADD CONSTRAINT security_group_rules_security_group_id_fkey FOREIGN KEY (security_group_id) REFERENCES neutron.security_groups(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE neutron.segments ADD CONSTRAINT segments_network_id_fkey FOREIGN KEY (network_id) REFERENCES neutron.networks(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE neutron.sub_ports ADD CONSTRAINT sub_ports_port_id_fkey FOREIGN KEY (port_id) REFERENCES neutron.ports(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE neutron.sub_ports ADD CONSTRAINT sub_ports_trunk_id_fkey FOREIGN KEY (trunk_id) REFERENCES neutron.trunks(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE neutron.subnet_pools ADD CONSTRAINT subnet_pools_address_scope_id_fkey FOREIGN KEY (address_scope_id) REFERENCES neutron.address_scopes(id) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE neutron.subnets ADD CONSTRAINT subnets_network_id_fkey FOREIGN KEY (network_id) REFERENCES neutron.networks(id) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE neutron.subnets ADD CONSTRAINT subnets_subnetpool_id_fkey FOREIGN KEY (subnetpool_id) REFERENCES neutron.subnet_pools(id) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE neutron.trunks ADD CONSTRAINT trunks_port_id_fkey FOREIGN KEY (port_id) REFERENCES neutron.ports(id) ON UPDATE CASCADE ON DELETE CASCADE;
