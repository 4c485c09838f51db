CREATE SCHEMA operations;

CREATE TABLE operations.operations (
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  action TEXT,
  resource_type TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  request_id TEXT NOT NULL,
  state TEXT NOT NULL,
  input JSONB NOT NULL,
  story JSONB NOT NULL,
  steps JSONB NOT NULL DEFAULT '[]'::jsonb,
  message TEXT,
  replaces TEXT[] DEFAULT ARRAY[]::text[],
  attempts INTEGER NOT NULL DEFAULT 0,
  last_error TEXT,
  next_attempt_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  requested_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  started_at TIMESTAMP(6) WITH TIME ZONE,
  finished_at TIMESTAMP(6) WITH TIME ZONE,
  events TEXT[] DEFAULT ARRAY[]::text[],
  CONSTRAINT operations_pkey PRIMARY KEY (id)
);

CREATE INDEX operations_due_idx ON operations.operations USING btree (next_attempt_at) WHERE (state = 'requested'::text);

CREATE INDEX operations_held_idx ON operations.operations USING btree (project_id, requested_at) WHERE (state = 'held'::text);

CREATE INDEX operations_open_idx ON operations.operations USING btree (kind, state) WHERE (finished_at IS NULL);

CREATE INDEX operations_project_id_requested_at_id_idx ON operations.operations USING btree (project_id, requested_at DESC, id DESC);

CREATE INDEX operations_requested_at_id_idx ON operations.operations USING btree (requested_at DESC, id DESC);

CREATE INDEX operations_resource_id_requested_at_idx ON operations.operations USING btree (resource_id, requested_at);

CREATE INDEX operations_updated_at_idx ON operations.operations USING btree (updated_at);
