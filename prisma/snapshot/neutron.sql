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

CREATE TABLE neutron.agents (
  host TEXT NOT NULL,
  facts JSONB NOT NULL DEFAULT '{}'::jsonb,
  updated_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT agents_pkey PRIMARY KEY (host)
);

CREATE TABLE neutron.ip_allocations (
  subnet_id TEXT NOT NULL,
  ip_address TEXT NOT NULL,
  port_id TEXT NOT NULL,
  CONSTRAINT ip_allocations_pkey PRIMARY KEY (subnet_id, ip_address)
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
  segmentation_id SERIAL NOT NULL,
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
  CONSTRAINT networks_pkey PRIMARY KEY (id)
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
  CONSTRAINT ports_pkey PRIMARY KEY (id)
);

CREATE TABLE neutron.quotas (
  project_id TEXT NOT NULL,
  resource TEXT NOT NULL,
  hard_limit INTEGER NOT NULL,
  CONSTRAINT quotas_pkey PRIMARY KEY (project_id, resource)
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
  dns_nameservers TEXT[],
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
  CONSTRAINT subnets_pkey PRIMARY KEY (id)
);

CREATE INDEX address_groups_project_id_created_at_idx ON neutron.address_groups USING btree (project_id, created_at);

CREATE INDEX ip_allocations_port_id_idx ON neutron.ip_allocations USING btree (port_id);

CREATE INDEX networks_name_idx ON neutron.networks USING btree (name);

CREATE INDEX networks_project_id_idx ON neutron.networks USING btree (project_id);

CREATE UNIQUE INDEX networks_segmentation_id_key ON neutron.networks USING btree (segmentation_id);

CREATE INDEX ports_device_id_idx ON neutron.ports USING btree (device_id);

CREATE UNIQUE INDEX ports_network_id_mac_address_key ON neutron.ports USING btree (network_id, mac_address);

CREATE INDEX ports_project_id_created_at_idx ON neutron.ports USING btree (project_id, created_at);

CREATE INDEX subnets_network_id_idx ON neutron.subnets USING btree (network_id);

CREATE INDEX subnets_project_id_idx ON neutron.subnets USING btree (project_id);

ALTER TABLE neutron.ip_allocations ADD CONSTRAINT ip_allocations_port_id_fkey FOREIGN KEY (port_id) REFERENCES neutron.ports(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE neutron.ip_allocations ADD CONSTRAINT ip_allocations_subnet_id_fkey FOREIGN KEY (subnet_id) REFERENCES neutron.subnets(id) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE neutron.ports ADD CONSTRAINT ports_network_id_fkey FOREIGN KEY (network_id) REFERENCES neutron.networks(id) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE neutron.subnets ADD CONSTRAINT subnets_network_id_fkey FOREIGN KEY (network_id) REFERENCES neutron.networks(id) ON UPDATE CASCADE ON DELETE RESTRICT;
