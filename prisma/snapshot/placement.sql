CREATE SCHEMA placement;

CREATE TABLE placement.allocations (
  consumer_id TEXT NOT NULL,
  resource_provider_id TEXT NOT NULL,
  resource_class TEXT NOT NULL,
  used INTEGER NOT NULL,
  project_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT allocations_pkey PRIMARY KEY (consumer_id, resource_provider_id, resource_class)
);

CREATE TABLE placement.inventories (
  resource_provider_id TEXT NOT NULL,
  resource_class TEXT NOT NULL,
  total INTEGER NOT NULL,
  reserved INTEGER NOT NULL DEFAULT 0,
  min_unit INTEGER NOT NULL DEFAULT 1,
  max_unit INTEGER NOT NULL,
  step_size INTEGER NOT NULL DEFAULT 1,
  allocation_ratio DOUBLE PRECISION NOT NULL DEFAULT 1,
  CONSTRAINT inventories_pkey PRIMARY KEY (resource_provider_id, resource_class)
);

CREATE TABLE placement.resource_providers (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  generation INTEGER NOT NULL DEFAULT 0,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT resource_providers_pkey PRIMARY KEY (id)
);

CREATE INDEX allocations_resource_provider_id_resource_class_used_idx ON placement.allocations USING btree (resource_provider_id, resource_class, used);

CREATE UNIQUE INDEX resource_providers_name_key ON placement.resource_providers USING btree (name);

ALTER TABLE placement.allocations ADD CONSTRAINT allocations_resource_provider_id_fkey FOREIGN KEY (resource_provider_id) REFERENCES placement.resource_providers(id) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE placement.inventories ADD CONSTRAINT inventories_resource_provider_id_fkey FOREIGN KEY (resource_provider_id) REFERENCES placement.resource_providers(id) ON UPDATE CASCADE ON DELETE CASCADE;
