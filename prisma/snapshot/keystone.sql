CREATE SCHEMA keystone;

CREATE TABLE keystone.access_rules (
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  service TEXT NOT NULL,
  method TEXT NOT NULL,
  path TEXT NOT NULL,
  CONSTRAINT access_rules_pkey PRIMARY KEY (id)
);

CREATE TABLE keystone.application_credential_rules (
  application_credential_id TEXT NOT NULL,
  access_rule_id TEXT NOT NULL,
  CONSTRAINT application_credential_rules_pkey PRIMARY KEY (application_credential_id, access_rule_id)
);

CREATE TABLE keystone.application_credentials (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  user_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  description TEXT,
  secret_hash TEXT NOT NULL,
  expires_at TIMESTAMP(6) WITH TIME ZONE,
  unrestricted BOOLEAN NOT NULL DEFAULT false,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  roles TEXT[] DEFAULT ARRAY[]::text[],
  CONSTRAINT application_credentials_pkey PRIMARY KEY (id)
);

CREATE TABLE keystone.credentials (
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  project_id TEXT,
  type TEXT NOT NULL,
  blob TEXT NOT NULL,
  key_hash TEXT NOT NULL,
  extra JSONB NOT NULL DEFAULT '{}'::jsonb,
  CONSTRAINT credentials_pkey PRIMARY KEY (id)
);

CREATE TABLE keystone.domain_options (
  domain_id TEXT NOT NULL,
  "group" TEXT NOT NULL,
  option TEXT NOT NULL,
  value JSONB NOT NULL,
  CONSTRAINT domain_options_pkey PRIMARY KEY (domain_id, "group", option)
);

CREATE TABLE keystone.ended_grants (
  user_id TEXT NOT NULL,
  target_id TEXT NOT NULL,
  generation INTEGER NOT NULL DEFAULT 0,
  CONSTRAINT ended_grants_pkey PRIMARY KEY (user_id, target_id)
);

CREATE TABLE keystone.endpoint_groups (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  filters JSONB NOT NULL,
  CONSTRAINT endpoint_groups_pkey PRIMARY KEY (id)
);

CREATE TABLE keystone.endpoints (
  id TEXT NOT NULL,
  interface TEXT NOT NULL,
  url TEXT NOT NULL,
  service_id TEXT NOT NULL,
  region_id TEXT,
  enabled BOOLEAN NOT NULL DEFAULT true,
  name TEXT,
  extra JSONB NOT NULL DEFAULT '{}'::jsonb,
  made_url TEXT,
  CONSTRAINT endpoints_pkey PRIMARY KEY (id)
);

CREATE TABLE keystone.federated_users (
  id SERIAL NOT NULL,
  user_id TEXT NOT NULL,
  idp_id TEXT NOT NULL,
  protocol_id TEXT NOT NULL,
  unique_id TEXT NOT NULL,
  display_name TEXT,
  CONSTRAINT federated_users_pkey PRIMARY KEY (id)
);

CREATE TABLE keystone.federation_protocols (
  id TEXT NOT NULL,
  idp_id TEXT NOT NULL,
  mapping_id TEXT NOT NULL,
  remote_id_attribute TEXT,
  CONSTRAINT federation_protocols_pkey PRIMARY KEY (idp_id, id)
);

CREATE TABLE keystone.former_passwords (
  id SERIAL NOT NULL,
  user_id TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT former_passwords_pkey PRIMARY KEY (id)
);

CREATE TABLE keystone.group_members (
  group_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  expires_at TIMESTAMP(6) WITH TIME ZONE,
  CONSTRAINT group_members_pkey PRIMARY KEY (group_id, user_id)
);

CREATE TABLE keystone.groups (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  domain_id TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT ''::text,
  extra JSONB NOT NULL DEFAULT '{}'::jsonb,
  CONSTRAINT groups_pkey PRIMARY KEY (id)
);

CREATE TABLE keystone.identity_providers (
  id TEXT NOT NULL,
  enabled BOOLEAN NOT NULL DEFAULT false,
  description TEXT,
  domain_id TEXT NOT NULL,
  authorization_ttl INTEGER,
  remote_ids TEXT[] DEFAULT ARRAY[]::text[],
  CONSTRAINT identity_providers_pkey PRIMARY KEY (id)
);

CREATE TABLE keystone.limits (
  id TEXT NOT NULL,
  registered_limit_id TEXT NOT NULL,
  project_id TEXT,
  domain_id TEXT,
  resource_limit INTEGER NOT NULL,
  description TEXT,
  CONSTRAINT limits_pkey PRIMARY KEY (id)
);

CREATE TABLE keystone.mappings (
  id TEXT NOT NULL,
  rules JSONB NOT NULL,
  schema_version TEXT NOT NULL DEFAULT '1.0'::text,
  CONSTRAINT mappings_pkey PRIMARY KEY (id)
);

CREATE TABLE keystone.policies (
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  blob TEXT NOT NULL,
  extra JSONB NOT NULL DEFAULT '{}'::jsonb,
  CONSTRAINT policies_pkey PRIMARY KEY (id)
);

CREATE TABLE keystone.policy_associations (
  id TEXT NOT NULL,
  policy_id TEXT NOT NULL,
  endpoint_id TEXT,
  service_id TEXT,
  region_id TEXT,
  CONSTRAINT policy_associations_pkey PRIMARY KEY (id)
);

CREATE TABLE keystone.project_endpoint_groups (
  endpoint_group_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  CONSTRAINT project_endpoint_groups_pkey PRIMARY KEY (endpoint_group_id, project_id)
);

CREATE TABLE keystone.project_endpoints (
  endpoint_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  CONSTRAINT project_endpoints_pkey PRIMARY KEY (endpoint_id, project_id)
);

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

CREATE TABLE keystone.regions (
  id TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT ''::text,
  parent_region_id TEXT,
  extra JSONB NOT NULL DEFAULT '{}'::jsonb,
  CONSTRAINT regions_pkey PRIMARY KEY (id)
);

CREATE TABLE keystone.registered_limits (
  id TEXT NOT NULL,
  service_id TEXT NOT NULL,
  region_id TEXT,
  resource_name TEXT NOT NULL,
  default_limit INTEGER NOT NULL,
  description TEXT,
  CONSTRAINT registered_limits_pkey PRIMARY KEY (id)
);

CREATE TABLE keystone.revocations (
  audit_id TEXT NOT NULL,
  expires_at TIMESTAMP(6) WITH TIME ZONE NOT NULL,
  CONSTRAINT revocations_pkey PRIMARY KEY (audit_id)
);

CREATE TABLE keystone.role_assignments (
  user_id TEXT,
  project_id TEXT,
  role_id TEXT NOT NULL,
  domain_id TEXT,
  group_id TEXT,
  id SERIAL NOT NULL,
  inherited BOOLEAN NOT NULL DEFAULT false,
  system BOOLEAN NOT NULL DEFAULT false,
  CONSTRAINT role_assignments_pkey PRIMARY KEY (id)
);

CREATE TABLE keystone.role_inferences (
  prior_role_id TEXT NOT NULL,
  implied_role_id TEXT NOT NULL,
  CONSTRAINT role_inferences_pkey PRIMARY KEY (prior_role_id, implied_role_id)
);

CREATE TABLE keystone.roles (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  options JSONB NOT NULL DEFAULT '{}'::jsonb,
  domain_id TEXT,
  extra JSONB NOT NULL DEFAULT '{}'::jsonb,
  CONSTRAINT roles_pkey PRIMARY KEY (id)
);

CREATE TABLE keystone.service_providers (
  id TEXT NOT NULL,
  enabled BOOLEAN NOT NULL DEFAULT false,
  description TEXT,
  auth_url TEXT NOT NULL,
  sp_url TEXT NOT NULL,
  relay_state_prefix TEXT NOT NULL DEFAULT 'ss:mem:'::text,
  CONSTRAINT service_providers_pkey PRIMARY KEY (id)
);

CREATE TABLE keystone.services (
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  name TEXT,
  description TEXT,
  enabled BOOLEAN NOT NULL DEFAULT true,
  extra JSONB NOT NULL DEFAULT '{}'::jsonb,
  CONSTRAINT services_pkey PRIMARY KEY (id)
);

CREATE TABLE keystone.trusts (
  id TEXT NOT NULL,
  trustor_user_id TEXT NOT NULL,
  trustee_user_id TEXT NOT NULL,
  project_id TEXT,
  impersonation BOOLEAN NOT NULL,
  roles TEXT[] DEFAULT ARRAY[]::text[],
  expires_at TIMESTAMP(6) WITH TIME ZONE,
  remaining_uses INTEGER,
  redelegated_trust_id TEXT,
  redelegation_count INTEGER NOT NULL DEFAULT 0,
  deleted_at TIMESTAMP(6) WITH TIME ZONE,
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  extra JSONB NOT NULL DEFAULT '{}'::jsonb,
  CONSTRAINT trusts_pkey PRIMARY KEY (id)
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
  created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL DEFAULT CURRENT_TIMESTAMP,
  failed_at TIMESTAMP(6) WITH TIME ZONE,
  failed_logins INTEGER NOT NULL DEFAULT 0,
  last_active_on DATE,
  password_expires_at TIMESTAMP(6) WITH TIME ZONE,
  password_given BOOLEAN NOT NULL DEFAULT false,
  password_set_at TIMESTAMP(6) WITH TIME ZONE,
  CONSTRAINT users_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX access_rules_user_id_service_method_path_key ON keystone.access_rules USING btree (user_id, service, method, path);

CREATE INDEX application_credential_rules_access_rule_id_idx ON keystone.application_credential_rules USING btree (access_rule_id);

CREATE INDEX application_credentials_project_id_idx ON keystone.application_credentials USING btree (project_id);

CREATE UNIQUE INDEX application_credentials_user_id_name_key ON keystone.application_credentials USING btree (user_id, name);

CREATE INDEX credentials_project_id_idx ON keystone.credentials USING btree (project_id);

CREATE INDEX credentials_user_id_type_idx ON keystone.credentials USING btree (user_id, type);

CREATE UNIQUE INDEX domains_name_key ON keystone.projects USING btree (name) WHERE is_domain;

CREATE INDEX endpoints_region_id_idx ON keystone.endpoints USING btree (region_id);

CREATE INDEX endpoints_service_id_idx ON keystone.endpoints USING btree (service_id);

CREATE UNIQUE INDEX federated_users_idp_id_protocol_id_unique_id_key ON keystone.federated_users USING btree (idp_id, protocol_id, unique_id);

CREATE INDEX federated_users_user_id_idx ON keystone.federated_users USING btree (user_id);

CREATE INDEX federation_protocols_mapping_id_idx ON keystone.federation_protocols USING btree (mapping_id);

CREATE INDEX former_passwords_user_id_idx ON keystone.former_passwords USING btree (user_id);

CREATE INDEX group_members_user_id_idx ON keystone.group_members USING btree (user_id);

CREATE UNIQUE INDEX groups_domain_id_name_key ON keystone.groups USING btree (domain_id, name);

CREATE INDEX identity_providers_domain_id_idx ON keystone.identity_providers USING btree (domain_id);

CREATE INDEX limits_domain_id_idx ON keystone.limits USING btree (domain_id);

CREATE UNIQUE INDEX limits_key ON keystone.limits USING btree (registered_limit_id, project_id, domain_id) NULLS NOT DISTINCT;

CREATE INDEX limits_project_id_idx ON keystone.limits USING btree (project_id);

CREATE INDEX limits_registered_limit_id_idx ON keystone.limits USING btree (registered_limit_id);

CREATE UNIQUE INDEX policy_associations_key ON keystone.policy_associations USING btree (endpoint_id, service_id, region_id) NULLS NOT DISTINCT;

CREATE INDEX policy_associations_policy_id_idx ON keystone.policy_associations USING btree (policy_id);

CREATE INDEX project_endpoint_groups_project_id_idx ON keystone.project_endpoint_groups USING btree (project_id);

CREATE INDEX project_endpoints_project_id_idx ON keystone.project_endpoints USING btree (project_id);

CREATE UNIQUE INDEX projects_domain_id_name_key ON keystone.projects USING btree (domain_id, name);

CREATE INDEX projects_parent_id_idx ON keystone.projects USING btree (parent_id);

CREATE INDEX regions_parent_region_id_idx ON keystone.regions USING btree (parent_region_id);

CREATE UNIQUE INDEX registered_limits_key ON keystone.registered_limits USING btree (service_id, region_id, resource_name) NULLS NOT DISTINCT;

CREATE INDEX registered_limits_service_id_idx ON keystone.registered_limits USING btree (service_id);

CREATE INDEX revocations_expires_at_idx ON keystone.revocations USING btree (expires_at);

CREATE INDEX role_assignments_domain_id_idx ON keystone.role_assignments USING btree (domain_id);

CREATE INDEX role_assignments_group_id_idx ON keystone.role_assignments USING btree (group_id);

CREATE UNIQUE INDEX role_assignments_key ON keystone.role_assignments USING btree (user_id, group_id, project_id, domain_id, system, role_id, inherited) NULLS NOT DISTINCT;

CREATE INDEX role_assignments_project_id_idx ON keystone.role_assignments USING btree (project_id);

CREATE INDEX role_assignments_role_id_idx ON keystone.role_assignments USING btree (role_id);

CREATE INDEX role_assignments_user_id_idx ON keystone.role_assignments USING btree (user_id);

CREATE INDEX role_inferences_implied_role_id_idx ON keystone.role_inferences USING btree (implied_role_id);

CREATE INDEX roles_domain_id_idx ON keystone.roles USING btree (domain_id);

CREATE UNIQUE INDEX roles_domain_id_name_key ON keystone.roles USING btree (domain_id, name) NULLS NOT DISTINCT;

CREATE INDEX services_type_idx ON keystone.services USING btree (type);

CREATE INDEX trusts_project_id_idx ON keystone.trusts USING btree (project_id);

CREATE INDEX trusts_trustee_user_id_idx ON keystone.trusts USING btree (trustee_user_id);

CREATE INDEX trusts_trustor_user_id_idx ON keystone.trusts USING btree (trustor_user_id);

CREATE UNIQUE INDEX users_domain_id_name_key ON keystone.users USING btree (domain_id, name);

ALTER TABLE keystone.access_rules ADD CONSTRAINT access_rules_user_id_fkey FOREIGN KEY (user_id) REFERENCES keystone.users(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.application_credential_rules ADD CONSTRAINT application_credential_rules_access_rule_id_fkey FOREIGN KEY (access_rule_id) REFERENCES keystone.access_rules(id) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE keystone.application_credential_rules ADD CONSTRAINT application_credential_rules_application_credential_id_fkey FOREIGN KEY (application_credential_id) REFERENCES keystone.application_credentials(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.application_credentials ADD CONSTRAINT application_credentials_project_id_fkey FOREIGN KEY (project_id) REFERENCES keystone.projects(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.application_credentials ADD CONSTRAINT application_credentials_user_id_fkey FOREIGN KEY (user_id) REFERENCES keystone.users(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.credentials ADD CONSTRAINT credentials_user_id_fkey FOREIGN KEY (user_id) REFERENCES keystone.users(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.domain_options ADD CONSTRAINT domain_options_domain_id_fkey FOREIGN KEY (domain_id) REFERENCES keystone.projects(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.endpoints ADD CONSTRAINT endpoints_region_id_fkey FOREIGN KEY (region_id) REFERENCES keystone.regions(id) ON UPDATE CASCADE;

ALTER TABLE keystone.endpoints ADD CONSTRAINT endpoints_service_id_fkey FOREIGN KEY (service_id) REFERENCES keystone.services(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.federated_users ADD CONSTRAINT federated_users_idp_id_fkey FOREIGN KEY (idp_id) REFERENCES keystone.identity_providers(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.federated_users ADD CONSTRAINT federated_users_user_id_fkey FOREIGN KEY (user_id) REFERENCES keystone.users(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.federation_protocols ADD CONSTRAINT federation_protocols_idp_id_fkey FOREIGN KEY (idp_id) REFERENCES keystone.identity_providers(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.federation_protocols ADD CONSTRAINT federation_protocols_mapping_id_fkey FOREIGN KEY (mapping_id) REFERENCES keystone.mappings(id) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE keystone.former_passwords ADD CONSTRAINT former_passwords_user_id_fkey FOREIGN KEY (user_id) REFERENCES keystone.users(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.group_members ADD CONSTRAINT group_members_group_id_fkey FOREIGN KEY (group_id) REFERENCES keystone.groups(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.group_members ADD CONSTRAINT group_members_user_id_fkey FOREIGN KEY (user_id) REFERENCES keystone.users(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.groups ADD CONSTRAINT groups_domain_id_fkey FOREIGN KEY (domain_id) REFERENCES keystone.projects(id) ON UPDATE CASCADE;

ALTER TABLE keystone.identity_providers ADD CONSTRAINT identity_providers_domain_id_fkey FOREIGN KEY (domain_id) REFERENCES keystone.projects(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.limits ADD CONSTRAINT limits_domain_id_fkey FOREIGN KEY (domain_id) REFERENCES keystone.projects(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.limits ADD CONSTRAINT limits_project_id_fkey FOREIGN KEY (project_id) REFERENCES keystone.projects(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.limits ADD CONSTRAINT limits_registered_limit_id_fkey FOREIGN KEY (registered_limit_id) REFERENCES keystone.registered_limits(id) ON UPDATE CASCADE ON DELETE RESTRICT;

ALTER TABLE keystone.policy_associations ADD CONSTRAINT policy_associations_policy_id_fkey FOREIGN KEY (policy_id) REFERENCES keystone.policies(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.project_endpoint_groups ADD CONSTRAINT project_endpoint_groups_endpoint_group_id_fkey FOREIGN KEY (endpoint_group_id) REFERENCES keystone.endpoint_groups(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.project_endpoint_groups ADD CONSTRAINT project_endpoint_groups_project_id_fkey FOREIGN KEY (project_id) REFERENCES keystone.projects(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.project_endpoints ADD CONSTRAINT project_endpoints_endpoint_id_fkey FOREIGN KEY (endpoint_id) REFERENCES keystone.endpoints(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.project_endpoints ADD CONSTRAINT project_endpoints_project_id_fkey FOREIGN KEY (project_id) REFERENCES keystone.projects(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.projects ADD CONSTRAINT projects_domain_id_fkey FOREIGN KEY (domain_id) REFERENCES keystone.projects(id) ON UPDATE CASCADE;

ALTER TABLE keystone.projects ADD CONSTRAINT projects_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES keystone.projects(id) ON UPDATE CASCADE;

ALTER TABLE keystone.regions ADD CONSTRAINT regions_parent_region_id_fkey FOREIGN KEY (parent_region_id) REFERENCES keystone.regions(id) ON UPDATE CASCADE;

ALTER TABLE keystone.role_assignments ADD CONSTRAINT role_assignments_domain_id_fkey FOREIGN KEY (domain_id) REFERENCES keystone.projects(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.role_assignments ADD CONSTRAINT role_assignments_group_id_fkey FOREIGN KEY (group_id) REFERENCES keystone.groups(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.role_assignments ADD CONSTRAINT role_assignments_project_id_fkey FOREIGN KEY (project_id) REFERENCES keystone.projects(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.role_assignments ADD CONSTRAINT role_assignments_role_id_fkey FOREIGN KEY (role_id) REFERENCES keystone.roles(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.role_assignments ADD CONSTRAINT role_assignments_user_id_fkey FOREIGN KEY (user_id) REFERENCES keystone.users(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.role_inferences ADD CONSTRAINT role_inferences_implied_role_id_fkey FOREIGN KEY (implied_role_id) REFERENCES keystone.roles(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.role_inferences ADD CONSTRAINT role_inferences_prior_role_id_fkey FOREIGN KEY (prior_role_id) REFERENCES keystone.roles(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.roles ADD CONSTRAINT roles_domain_id_fkey FOREIGN KEY (domain_id) REFERENCES keystone.projects(id) ON UPDATE CASCADE;

ALTER TABLE keystone.trusts ADD CONSTRAINT trusts_project_id_fkey FOREIGN KEY (project_id) REFERENCES keystone.projects(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.trusts ADD CONSTRAINT trusts_trustee_user_id_fkey FOREIGN KEY (trustee_user_id) REFERENCES keystone.users(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.trusts ADD CONSTRAINT trusts_trustor_user_id_fkey FOREIGN KEY (trustor_user_id) REFERENCES keystone.users(id) ON UPDATE CASCADE ON DELETE CASCADE;

ALTER TABLE keystone.users ADD CONSTRAINT users_domain_id_fkey FOREIGN KEY (domain_id) REFERENCES keystone.projects(id) ON UPDATE CASCADE;
