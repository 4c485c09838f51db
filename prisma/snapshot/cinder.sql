CREATE SCHEMA cinder;

CREATE TABLE cinder.quotas (
  project_id TEXT NOT NULL,
  resource TEXT NOT NULL,
  hard_limit INTEGER NOT NULL,
  CONSTRAINT quotas_pkey PRIMARY KEY (project_id, resource)
);

CREATE TABLE cinder.services (
  host TEXT NOT NULL,
  facts JSONB NOT NULL DEFAULT '{}'::jsonb,
  updated_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT services_pkey PRIMARY KEY (host)
);

CREATE TABLE cinder.volume_attachments (
  volume_id TEXT NOT NULL,
  id TEXT NOT NULL,
  server_id TEXT NOT NULL,
  host TEXT,
  mountpoint TEXT NOT NULL,
  attached_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT volume_attachments_pkey PRIMARY KEY (volume_id)
);

CREATE TABLE cinder.volumes (
  id TEXT NOT NULL,
  name TEXT NOT NULL DEFAULT ''::text,
  description TEXT,
  project_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  size INTEGER NOT NULL,
  status TEXT NOT NULL,
  availability_zone TEXT NOT NULL DEFAULT 'nova'::text,
  volume_type TEXT NOT NULL DEFAULT 'file'::text,
  bootable BOOLEAN NOT NULL DEFAULT false,
  image_id TEXT,
  host TEXT,
  metadata JSONB NOT NULL DEFAULT '{}'::jsonb,
  created_for_server TEXT,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  operation_id TEXT,
  CONSTRAINT volumes_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX volume_attachments_id_key ON cinder.volume_attachments USING btree (id);

CREATE INDEX volume_attachments_server_id_idx ON cinder.volume_attachments USING btree (server_id);

CREATE INDEX volumes_created_for_server_idx ON cinder.volumes USING btree (created_for_server);

CREATE INDEX volumes_project_id_created_at_idx ON cinder.volumes USING btree (project_id, created_at);

ALTER TABLE cinder.volume_attachments ADD CONSTRAINT volume_attachments_volume_id_fkey FOREIGN KEY (volume_id) REFERENCES cinder.volumes(id) ON UPDATE CASCADE ON DELETE RESTRICT;
