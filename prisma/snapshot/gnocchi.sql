CREATE SCHEMA gnocchi;

CREATE TABLE gnocchi.archive_policies (
  name TEXT NOT NULL,
  back_window INTEGER NOT NULL,
  definition JSONB NOT NULL,
  aggregation_methods TEXT[],
  CONSTRAINT archive_policies_pkey PRIMARY KEY (name)
);

CREATE TABLE gnocchi.archive_policy_rules (
  name TEXT NOT NULL,
  archive_policy_name TEXT NOT NULL,
  metric_pattern TEXT NOT NULL,
  CONSTRAINT archive_policy_rules_pkey PRIMARY KEY (name)
);

CREATE TABLE gnocchi.measures (
  metric_id UUID NOT NULL,
  "timestamp" TIMESTAMP(6) WITH TIME ZONE NOT NULL,
  value DOUBLE PRECISION NOT NULL,
  CONSTRAINT measures_pkey PRIMARY KEY (metric_id, "timestamp")
) PARTITION BY RANGE ("timestamp");

CREATE TABLE gnocchi.metrics (
  id UUID NOT NULL,
  archive_policy_name TEXT NOT NULL,
  creator TEXT,
  resource_id UUID,
  name TEXT,
  unit TEXT,
  status TEXT NOT NULL DEFAULT 'active'::text,
  newest TIMESTAMP(6) WITH TIME ZONE,
  CONSTRAINT metrics_pkey PRIMARY KEY (id)
);

CREATE TABLE gnocchi.resource_history (
  revision SERIAL NOT NULL,
  id UUID NOT NULL,
  type TEXT NOT NULL,
  creator TEXT,
  original_resource_id TEXT NOT NULL,
  user_id TEXT,
  project_id TEXT,
  started_at TIMESTAMP(6) WITH TIME ZONE NOT NULL,
  ended_at TIMESTAMP(6) WITH TIME ZONE,
  revision_start TIMESTAMP(6) WITH TIME ZONE NOT NULL,
  revision_end TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  attributes JSONB NOT NULL,
  CONSTRAINT resource_history_pkey PRIMARY KEY (revision)
);

CREATE TABLE gnocchi.resource_types (
  name TEXT NOT NULL,
  attributes JSONB NOT NULL,
  CONSTRAINT resource_types_pkey PRIMARY KEY (name)
);

CREATE TABLE gnocchi.resources (
  id UUID NOT NULL,
  type TEXT NOT NULL,
  creator TEXT,
  original_resource_id TEXT NOT NULL,
  user_id TEXT,
  project_id TEXT,
  started_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  ended_at TIMESTAMP(6) WITH TIME ZONE,
  revision_start TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  attributes JSONB NOT NULL DEFAULT '{}'::jsonb,
  CONSTRAINT resources_pkey PRIMARY KEY (id)
);

CREATE TABLE gnocchi.rollups (
  metric_id UUID NOT NULL,
  granularity BIGINT NOT NULL,
  "timestamp" TIMESTAMP(6) WITH TIME ZONE NOT NULL,
  "values" DOUBLE PRECISION[],
  CONSTRAINT rollups_pkey PRIMARY KEY (metric_id, granularity, "timestamp")
);

CREATE TABLE gnocchi.measures_default PARTITION OF gnocchi.measures DEFAULT;

CREATE INDEX archive_policy_rules_archive_policy_name_idx ON gnocchi.archive_policy_rules USING btree (archive_policy_name);

CREATE INDEX metrics_archive_policy_name_idx ON gnocchi.metrics USING btree (archive_policy_name);

CREATE INDEX metrics_deleted_idx ON gnocchi.metrics USING btree (id) WHERE (status = 'delete'::text);

CREATE INDEX metrics_name_idx ON gnocchi.metrics USING btree (name);

CREATE UNIQUE INDEX metrics_resource_id_name_key ON gnocchi.metrics USING btree (resource_id, name);

CREATE INDEX resource_history_id_revision_idx ON gnocchi.resource_history USING btree (id, revision);

CREATE INDEX resource_history_type_idx ON gnocchi.resource_history USING btree (type);

CREATE INDEX resources_attributes_idx ON gnocchi.resources USING gin (attributes jsonb_path_ops);

CREATE INDEX resources_project_id_revision_start_started_at_id_idx ON gnocchi.resources USING btree (project_id, revision_start, started_at, id);

CREATE INDEX resources_revision_start_started_at_id_idx ON gnocchi.resources USING btree (revision_start, started_at, id);

CREATE INDEX resources_type_revision_start_started_at_id_idx ON gnocchi.resources USING btree (type, revision_start, started_at, id);

ALTER TABLE gnocchi.archive_policy_rules ADD CONSTRAINT archive_policy_rules_archive_policy_name_fkey FOREIGN KEY (archive_policy_name) REFERENCES gnocchi.archive_policies(name) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE gnocchi.metrics ADD CONSTRAINT metrics_archive_policy_name_fkey FOREIGN KEY (archive_policy_name) REFERENCES gnocchi.archive_policies(name) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE gnocchi.metrics ADD CONSTRAINT metrics_resource_id_fkey FOREIGN KEY (resource_id) REFERENCES gnocchi.resources(id) ON UPDATE CASCADE ON DELETE SET NULL;

ALTER TABLE gnocchi.resource_history ADD CONSTRAINT resource_history_id_fkey FOREIGN KEY (id) REFERENCES gnocchi.resources(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE gnocchi.resources ADD CONSTRAINT resources_type_fkey FOREIGN KEY (type) REFERENCES gnocchi.resource_types(name) ON UPDATE CASCADE ON DELETE RESTRICT;
