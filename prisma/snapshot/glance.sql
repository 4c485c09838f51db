CREATE SCHEMA glance;

CREATE TABLE glance.images (
  id TEXT NOT NULL,
  name TEXT,
  owner TEXT NOT NULL,
  status TEXT NOT NULL,
  visibility TEXT NOT NULL,
  disk_format TEXT,
  container_format TEXT,
  size BIGINT,
  virtual_size BIGINT,
  checksum TEXT,
  os_hash_value TEXT,
  min_disk INTEGER NOT NULL DEFAULT 0,
  min_ram INTEGER NOT NULL DEFAULT 0,
  protected BOOLEAN NOT NULL DEFAULT false,
  os_hidden BOOLEAN NOT NULL DEFAULT false,
  tags TEXT[],
  properties JSONB NOT NULL DEFAULT '{}'::jsonb,
  location TEXT,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  deleted_at TIMESTAMP(6) WITH TIME ZONE,
  upload_id TEXT,
  CONSTRAINT images_pkey PRIMARY KEY (id)
);

CREATE INDEX images_location_idx ON glance.images USING btree (location);

CREATE INDEX images_name_idx ON glance.images USING btree (name);

CREATE INDEX images_owner_created_at_idx ON glance.images USING btree (owner, created_at);

CREATE INDEX images_upload_id_idx ON glance.images USING btree (upload_id);

CREATE INDEX images_visibility_created_at_idx ON glance.images USING btree (visibility, created_at);
