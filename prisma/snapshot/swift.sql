CREATE SCHEMA swift;

CREATE TABLE swift.accounts (
  project_id TEXT NOT NULL,
  metadata JSONB NOT NULL DEFAULT '{}'::jsonb,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT accounts_pkey PRIMARY KEY (project_id)
);

CREATE TABLE swift.containers (
  project_id TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  metadata JSONB NOT NULL DEFAULT '{}'::jsonb,
  CONSTRAINT containers_pkey PRIMARY KEY (project_id, name)
);

CREATE TABLE swift.objects (
  project_id TEXT NOT NULL,
  container TEXT NOT NULL,
  name TEXT NOT NULL,
  location TEXT NOT NULL,
  size BIGINT NOT NULL,
  etag TEXT NOT NULL,
  content_type TEXT NOT NULL,
  metadata JSONB NOT NULL DEFAULT '{}'::jsonb,
  updated_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  headers JSONB NOT NULL DEFAULT '{}'::jsonb,
  replaced TEXT,
  CONSTRAINT objects_pkey PRIMARY KEY (project_id, container, name)
);

CREATE INDEX objects_location_idx ON swift.objects USING btree (location);

ALTER TABLE swift.objects ADD CONSTRAINT objects_project_id_container_fkey FOREIGN KEY (project_id, container) REFERENCES swift.containers(project_id, name) ON UPDATE CASCADE ON DELETE RESTRICT;
