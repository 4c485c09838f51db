CREATE SCHEMA placement;

CREATE TABLE placement.allocations (
  consumer_id TEXT NOT NULL,
  resource_provider_id TEXT NOT NULL,
  resource_class TEXT NOT NULL,
  used INTEGER NOT NULL,
  project_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  consumer_generation INTEGER NOT NULL DEFAULT 1,
  consumer_type TEXT DEFAULT 'INSTANCE'::text,
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

CREATE TABLE placement.resource_classes (
  name TEXT NOT NULL,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT resource_classes_pkey PRIMARY KEY (name)
);

CREATE TABLE placement.resource_provider_traits (
  resource_provider_id TEXT NOT NULL,
  trait TEXT NOT NULL,
  CONSTRAINT resource_provider_traits_pkey PRIMARY KEY (resource_provider_id, trait)
);

CREATE TABLE placement.resource_providers (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  generation INTEGER NOT NULL DEFAULT 0,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  aggregates TEXT[] DEFAULT ARRAY[]::text[],
  parent_provider_id TEXT,
  root_provider_id TEXT,
  updated_at TIMESTAMP(6) WITH TIME ZONE,
  CONSTRAINT resource_providers_pkey PRIMARY KEY (id)
);

CREATE TABLE placement.traits (
  name TEXT NOT NULL,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT traits_pkey PRIMARY KEY (name)
);

CREATE INDEX allocations_resource_provider_id_resource_class_used_idx ON placement.allocations USING btree (resource_provider_id, resource_class, used);

CREATE INDEX inventories_resource_class_idx ON placement.inventories USING btree (resource_class);

CREATE INDEX resource_provider_traits_trait_idx ON placement.resource_provider_traits USING btree (trait);

CREATE UNIQUE INDEX resource_providers_name_key ON placement.resource_providers USING btree (name);

CREATE INDEX resource_providers_parent_provider_id_idx ON placement.resource_providers USING btree (parent_provider_id);

CREATE INDEX resource_providers_root_provider_id_idx ON placement.resource_providers USING btree (root_provider_id);

ALTER TABLE placement.allocations ADD CONSTRAINT allocations_resource_provider_id_fkey FOREIGN KEY (resource_provider_id) REFERENCES placement.resource_providers(id) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE placement.inventories ADD CONSTRAINT inventories_resource_class_fkey FOREIGN KEY (resource_class) REFERENCES placement.resource_classes(name) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE placement.inventories ADD CONSTRAINT inventories_resource_provider_id_fkey FOREIGN KEY (resource_provider_id) REFERENCES placement.resource_providers(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE placement.resource_provider_traits ADD CONSTRAINT resource_provider_traits_resource_provider_id_fkey FOREIGN KEY (resource_provider_id) REFERENCES placement.resource_providers(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE placement.resource_provider_traits ADD CONSTRAINT resource_provider_traits_trait_fkey FOREIGN KEY (trait) REFERENCES placement.traits(name) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE placement.resource_providers ADD CONSTRAINT resource_providers_parent_provider_id_fkey FOREIGN KEY (parent_provider_id) REFERENCES placement.resource_providers(id) ON UPDATE CASCADE ON DELETE RESTRICT;
