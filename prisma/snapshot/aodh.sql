CREATE SCHEMA aodh;

CREATE TABLE aodh.alarm_history (
  event_id TEXT NOT NULL,
  alarm_id TEXT NOT NULL,
  type TEXT NOT NULL,
  severity TEXT NOT NULL,
  detail TEXT NOT NULL,
  user_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  on_behalf_of TEXT NOT NULL,
  "timestamp" TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  severity_rank INTEGER NOT NULL DEFAULT 0,
  CONSTRAINT alarm_history_pkey PRIMARY KEY (event_id)
);

CREATE TABLE aodh.alarms (
  alarm_id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  enabled BOOLEAN NOT NULL,
  type TEXT NOT NULL,
  severity TEXT NOT NULL,
  project_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  "timestamp" TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  state TEXT NOT NULL,
  state_reason TEXT NOT NULL,
  state_timestamp TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  ok_actions TEXT[],
  alarm_actions TEXT[],
  insufficient_data_actions TEXT[],
  repeat_actions BOOLEAN NOT NULL,
  rule JSONB NOT NULL,
  time_constraints JSONB NOT NULL,
  whole_cloud BOOLEAN NOT NULL,
  evaluate_timestamp TIMESTAMP(6) WITH TIME ZONE,
  alarm_count INTEGER NOT NULL DEFAULT 0,
  insufficient_data_count INTEGER NOT NULL DEFAULT 0,
  ok_count INTEGER NOT NULL DEFAULT 0,
  severity_rank INTEGER NOT NULL DEFAULT 0,
  CONSTRAINT alarms_pkey PRIMARY KEY (alarm_id)
);

CREATE TABLE aodh.notifications (
  notification_id TEXT NOT NULL,
  alarm_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  action TEXT NOT NULL,
  body JSONB NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_attempt TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT notifications_pkey PRIMARY KEY (notification_id)
);

CREATE TABLE aodh.quotas (
  project_id TEXT NOT NULL,
  resource TEXT NOT NULL,
  hard_limit INTEGER NOT NULL,
  CONSTRAINT quotas_pkey PRIMARY KEY (project_id, resource)
);

CREATE TABLE aodh.readers (
  name TEXT NOT NULL,
  cursor TEXT NOT NULL,
  CONSTRAINT readers_pkey PRIMARY KEY (name)
);

CREATE INDEX alarm_history_alarm_id_severity_rank_event_id_idx ON aodh.alarm_history USING btree (alarm_id, severity_rank, event_id);

CREATE INDEX alarm_history_alarm_id_timestamp_event_id_idx ON aodh.alarm_history USING btree (alarm_id, "timestamp", event_id);

CREATE INDEX alarm_history_on_behalf_of_timestamp_event_id_idx ON aodh.alarm_history USING btree (on_behalf_of, "timestamp", event_id);

CREATE INDEX alarm_history_timestamp_idx ON aodh.alarm_history USING btree ("timestamp");

CREATE INDEX alarms_enabled_evaluate_timestamp_idx ON aodh.alarms USING btree (enabled, evaluate_timestamp);

CREATE INDEX alarms_name_idx ON aodh.alarms USING btree (name);

CREATE INDEX alarms_project_id_severity_rank_alarm_id_idx ON aodh.alarms USING btree (project_id, severity_rank, alarm_id);

CREATE INDEX alarms_project_id_timestamp_alarm_id_idx ON aodh.alarms USING btree (project_id, "timestamp", alarm_id);

CREATE INDEX alarms_user_id_idx ON aodh.alarms USING btree (user_id);

CREATE INDEX notifications_next_attempt_idx ON aodh.notifications USING btree (next_attempt);

ALTER TABLE aodh.alarm_history ADD CONSTRAINT alarm_history_alarm_id_fkey FOREIGN KEY (alarm_id) REFERENCES aodh.alarms(alarm_id) ON UPDATE CASCADE ON DELETE CASCADE;
