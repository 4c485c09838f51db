CREATE SCHEMA notifications;

CREATE TABLE notifications.notifications (
  xid BIGINT NOT NULL DEFAULT ((pg_current_xact_id())::text)::bigint,
  id BIGSERIAL NOT NULL,
  message_id UUID NOT NULL DEFAULT gen_random_uuid(),
  at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  event_type TEXT NOT NULL,
  publisher_id TEXT NOT NULL,
  priority TEXT NOT NULL DEFAULT 'INFO'::text,
  project_id TEXT,
  user_id TEXT,
  request_id TEXT,
  resource_type TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  payload JSONB NOT NULL,
  CONSTRAINT notifications_pkey PRIMARY KEY (xid, id)
);

CREATE TABLE notifications.readers (
  name TEXT NOT NULL,
  cursor TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  last_error TEXT,
  next_attempt_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT readers_pkey PRIMARY KEY (name)
);

CREATE INDEX notifications_at_idx ON notifications.notifications USING brin (at);

CREATE INDEX notifications_event_type_xid_id_idx ON notifications.notifications USING btree (event_type, xid, id);

CREATE INDEX notifications_project_id_xid_id_idx ON notifications.notifications USING btree (project_id, xid, id);

CREATE INDEX notifications_resource_id_xid_id_idx ON notifications.notifications USING btree (resource_id, xid, id);
