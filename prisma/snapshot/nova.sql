CREATE SCHEMA nova;

CREATE TABLE nova.block_device_mappings (
  id TEXT NOT NULL,
  server_id TEXT NOT NULL,
  boot_index INTEGER,
  source_type TEXT NOT NULL,
  destination_type TEXT NOT NULL,
  source_id TEXT,
  volume_id TEXT,
  volume_size INTEGER,
  delete_on_termination BOOLEAN NOT NULL DEFAULT false,
  device_name TEXT NOT NULL,
  tag TEXT,
  CONSTRAINT block_device_mappings_pkey PRIMARY KEY (id)
);

CREATE TABLE nova.conductors (
  host TEXT NOT NULL,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT conductors_pkey PRIMARY KEY (host)
);

CREATE TABLE nova.console_auth_tokens (
  token_hash TEXT NOT NULL,
  server_id TEXT NOT NULL,
  host TEXT NOT NULL,
  user_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  audit_id TEXT NOT NULL,
  user_generation INTEGER NOT NULL,
  project_generation INTEGER NOT NULL,
  expires_at TIMESTAMP(6) WITH TIME ZONE NOT NULL,
  CONSTRAINT console_auth_tokens_pkey PRIMARY KEY (token_hash)
);

CREATE TABLE nova.flavor_access (
  flavor_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  CONSTRAINT flavor_access_pkey PRIMARY KEY (flavor_id, project_id)
);

CREATE TABLE nova.flavors (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  vcpus INTEGER NOT NULL,
  ram INTEGER NOT NULL,
  disk INTEGER NOT NULL,
  ephemeral INTEGER NOT NULL DEFAULT 0,
  swap INTEGER NOT NULL DEFAULT 0,
  rxtx_factor DOUBLE PRECISION NOT NULL DEFAULT 1,
  is_public BOOLEAN NOT NULL DEFAULT true,
  disabled BOOLEAN NOT NULL DEFAULT false,
  extra_specs JSONB NOT NULL DEFAULT '{}'::jsonb,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(6) WITH TIME ZONE,
  CONSTRAINT flavors_pkey PRIMARY KEY (id)
);

CREATE TABLE nova.keypairs (
  user_id TEXT NOT NULL,
  name TEXT NOT NULL,
  type TEXT NOT NULL DEFAULT 'ssh'::text,
  fingerprint TEXT NOT NULL,
  public_key TEXT NOT NULL,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT keypairs_pkey PRIMARY KEY (user_id, name)
);

CREATE TABLE nova.quota_classes (
  class_name TEXT NOT NULL,
  resource TEXT NOT NULL,
  hard_limit INTEGER NOT NULL,
  CONSTRAINT quota_classes_pkey PRIMARY KEY (class_name, resource)
);

CREATE TABLE nova.quotas (
  project_id TEXT NOT NULL,
  resource TEXT NOT NULL,
  hard_limit INTEGER NOT NULL,
  CONSTRAINT quotas_pkey PRIMARY KEY (project_id, resource)
);

CREATE TABLE nova.request_specs (
  server_id TEXT NOT NULL,
  spec JSONB NOT NULL,
  CONSTRAINT request_specs_pkey PRIMARY KEY (server_id)
);

CREATE TABLE nova.servers (
  id TEXT NOT NULL,
  number SERIAL NOT NULL,
  project_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  hostname TEXT NOT NULL,
  vm_state TEXT NOT NULL,
  task_state TEXT,
  power_state INTEGER NOT NULL DEFAULT 0,
  flavor_id TEXT NOT NULL,
  flavor JSONB NOT NULL,
  vcpus INTEGER NOT NULL,
  ram INTEGER NOT NULL,
  image_id TEXT,
  key_name TEXT,
  host TEXT,
  machine TEXT,
  generation INTEGER NOT NULL DEFAULT 0,
  availability_zone TEXT,
  pinned_availability_zone TEXT,
  config_drive BOOLEAN NOT NULL DEFAULT false,
  user_data TEXT,
  admin_pass TEXT,
  metadata JSONB NOT NULL DEFAULT '{}'::jsonb,
  tags TEXT[],
  access_ipv4 TEXT NOT NULL DEFAULT ''::text,
  access_ipv6 TEXT NOT NULL DEFAULT ''::text,
  reservation_id TEXT NOT NULL,
  launch_index INTEGER NOT NULL DEFAULT 0,
  root_device_name TEXT NOT NULL DEFAULT '/dev/vda'::text,
  locked BOOLEAN NOT NULL DEFAULT false,
  locked_reason TEXT,
  security_groups TEXT[],
  trusted_certs TEXT[],
  addresses JSONB NOT NULL DEFAULT '{}'::jsonb,
  fault JSONB,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  launched_at TIMESTAMP(6) WITH TIME ZONE,
  terminated_at TIMESTAMP(6) WITH TIME ZONE,
  deleted_at TIMESTAMP(6) WITH TIME ZONE,
  disk_config TEXT NOT NULL DEFAULT 'MANUAL'::text,
  injected_files JSONB,
  operation_id TEXT,
  CONSTRAINT servers_pkey PRIMARY KEY (id)
);

CREATE TABLE nova.services (
  host TEXT NOT NULL,
  machine TEXT NOT NULL,
  availability_zone TEXT NOT NULL DEFAULT 'nova'::text,
  disabled BOOLEAN NOT NULL DEFAULT false,
  disabled_reason TEXT,
  facts JSONB NOT NULL DEFAULT '{}'::jsonb,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  forced_down BOOLEAN NOT NULL DEFAULT false,
  api_key TEXT,
  api_url TEXT,
  CONSTRAINT services_pkey PRIMARY KEY (host)
);

CREATE INDEX block_device_mappings_server_id_idx ON nova.block_device_mappings USING btree (server_id);

CREATE INDEX block_device_mappings_volume_id_idx ON nova.block_device_mappings USING btree (volume_id);

CREATE INDEX console_auth_tokens_expires_at_idx ON nova.console_auth_tokens USING btree (expires_at);

CREATE INDEX console_auth_tokens_server_id_idx ON nova.console_auth_tokens USING btree (server_id);

CREATE UNIQUE INDEX flavors_name_key ON nova.flavors USING btree (name);

CREATE INDEX servers_deleted_at_created_at_id_idx ON nova.servers USING btree (deleted_at, created_at DESC, id);

CREATE INDEX servers_deleted_idx ON nova.servers USING btree (deleted_at) WHERE (deleted_at IS NOT NULL);

CREATE INDEX servers_host_deleted_at_idx ON nova.servers USING btree (host, deleted_at);

CREATE UNIQUE INDEX servers_number_key ON nova.servers USING btree (number);

CREATE INDEX servers_project_id_deleted_at_created_at_id_idx ON nova.servers USING btree (project_id, deleted_at, created_at DESC, id);

CREATE INDEX servers_quota_idx ON nova.servers USING btree (project_id) INCLUDE (vcpus, ram) WHERE (deleted_at IS NULL);

CREATE INDEX servers_vm_state_deleted_at_idx ON nova.servers USING btree (vm_state, deleted_at);

ALTER TABLE nova.block_device_mappings ADD CONSTRAINT block_device_mappings_server_id_fkey FOREIGN KEY (server_id) REFERENCES nova.servers(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE nova.console_auth_tokens ADD CONSTRAINT console_auth_tokens_server_id_fkey FOREIGN KEY (server_id) REFERENCES nova.servers(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE nova.flavor_access ADD CONSTRAINT flavor_access_flavor_id_fkey FOREIGN KEY (flavor_id) REFERENCES nova.flavors(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE nova.request_specs ADD CONSTRAINT request_specs_server_id_fkey FOREIGN KEY (server_id) REFERENCES nova.servers(id) ON UPDATE CASCADE ON DELETE CASCADE;
