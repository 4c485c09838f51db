CREATE SCHEMA audit;

CREATE TABLE audit.runs (
  id SERIAL NOT NULL,
  started_at TIMESTAMP(6) WITH TIME ZONE NOT NULL,
  finished_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  trigger TEXT NOT NULL,
  orphans JSONB NOT NULL,
  healed JSONB NOT NULL,
  unreachable TEXT[],
  CONSTRAINT runs_pkey PRIMARY KEY (id)
);

CREATE TABLE audit.trail (
  id TEXT NOT NULL,
  at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  initiator_id TEXT,
  project_id TEXT,
  action TEXT NOT NULL,
  outcome TEXT NOT NULL,
  target_type TEXT NOT NULL,
  target_id TEXT,
  request_id TEXT NOT NULL,
  event JSONB NOT NULL,
  CONSTRAINT trail_pkey PRIMARY KEY (id)
);

CREATE INDEX trail_at_idx ON audit.trail USING btree (at);

CREATE INDEX trail_initiator_id_at_idx ON audit.trail USING btree (initiator_id, at);

CREATE INDEX trail_project_id_at_idx ON audit.trail USING btree (project_id, at);

CREATE INDEX trail_target_id_at_idx ON audit.trail USING btree (target_id, at);
