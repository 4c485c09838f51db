CREATE SCHEMA keystone;

CREATE TABLE keystone.projects (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT ''::text,
  enabled BOOLEAN NOT NULL DEFAULT true,
  domain_id TEXT,
  tags TEXT[] DEFAULT ARRAY[]::text[],
  token_generation INTEGER NOT NULL DEFAULT 0,
  extra JSONB NOT NULL DEFAULT '{}'::jsonb,
  is_domain BOOLEAN NOT NULL DEFAULT false,
  options JSONB NOT NULL DEFAULT '{}'::jsonb,
  parent_id TEXT,
  CONSTRAINT projects_pkey PRIMARY KEY (id)
);

CREATE TABLE keystone.revocations (
  audit_id TEXT NOT NULL,
  expires_at TIMESTAMP(6) WITH TIME ZONE NOT NULL,
  CONSTRAINT revocations_pkey PRIMARY KEY (audit_id)
);

CREATE TABLE keystone.role_assignments (
  user_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  role_id TEXT NOT NULL,
  CONSTRAINT role_assignments_pkey PRIMARY KEY (user_id, project_id, role_id)
);

CREATE TABLE keystone.roles (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  options JSONB NOT NULL DEFAULT '{}'::jsonb,
  CONSTRAINT roles_pkey PRIMARY KEY (id)
);

CREATE TABLE keystone.users (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  enabled BOOLEAN NOT NULL DEFAULT true,
  domain_id TEXT NOT NULL,
  default_project_id TEXT,
  password_hash TEXT,
  description TEXT,
  email TEXT,
  token_generation INTEGER NOT NULL DEFAULT 0,
  extra JSONB NOT NULL DEFAULT '{}'::jsonb,
  options JSONB NOT NULL DEFAULT '{}'::jsonb,
  CONSTRAINT users_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX domains_name_key ON keystone.projects USING btree (name) WHERE is_domain;

CREATE UNIQUE INDEX projects_domain_id_name_key ON keystone.projects USING btree (domain_id, name);

CREATE INDEX projects_parent_id_idx ON keystone.projects USING btree (parent_id);

CREATE INDEX revocations_expires_at_idx ON keystone.revocations USING btree (expires_at);

CREATE INDEX role_assignments_project_id_idx ON keystone.role_assignments USING btree (project_id);

CREATE UNIQUE INDEX roles_name_key ON keystone.roles USING btree (name);

CREATE UNIQUE INDEX users_domain_id_name_key ON keystone.users USING btree (domain_id, name);

ALTER TABLE keystone.projects ADD CONSTRAINT projects_domain_id_fkey FOREIGN KEY (domain_id) REFERENCES keystone.projects(id) ON UPDATE CASCADE;

ALTER TABLE keystone.projects ADD CONSTRAINT projects_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES keystone.projects(id) ON UPDATE CASCADE;

ALTER TABLE keystone.role_assignments ADD CONSTRAINT role_assignments_project_id_fkey FOREIGN KEY (project_id) REFERENCES keystone.projects(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.role_assignments ADD CONSTRAINT role_assignments_role_id_fkey FOREIGN KEY (role_id) REFERENCES keystone.roles(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.role_assignments ADD CONSTRAINT role_assignments_user_id_fkey FOREIGN KEY (user_id) REFERENCES keystone.users(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.users ADD CONSTRAINT users_domain_id_fkey FOREIGN KEY (domain_id) REFERENCES keystone.projects(id) ON UPDATE CASCADE;
