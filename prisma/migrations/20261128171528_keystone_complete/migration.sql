-- DropIndex
DROP INDEX "keystone"."roles_name_key";

-- AlterTable
ALTER TABLE "keystone"."users" ADD COLUMN     "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
ADD COLUMN     "failed_at" TIMESTAMPTZ(6),
ADD COLUMN     "failed_logins" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "last_active_on" DATE,
ADD COLUMN     "password_expires_at" TIMESTAMPTZ(6),
ADD COLUMN     "password_given" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "password_set_at" TIMESTAMPTZ(6);

-- AlterTable
ALTER TABLE "keystone"."roles" ADD COLUMN     "domain_id" TEXT,
ADD COLUMN     "extra" JSONB NOT NULL DEFAULT '{}';

-- AlterTable
ALTER TABLE "keystone"."role_assignments" DROP CONSTRAINT "role_assignments_pkey",
ADD COLUMN     "domain_id" TEXT,
ADD COLUMN     "group_id" TEXT,
ADD COLUMN     "id" SERIAL NOT NULL,
ADD COLUMN     "inherited" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "system" BOOLEAN NOT NULL DEFAULT false,
ALTER COLUMN "user_id" DROP NOT NULL,
ALTER COLUMN "project_id" DROP NOT NULL,
ADD CONSTRAINT "role_assignments_pkey" PRIMARY KEY ("id");

-- CreateTable
CREATE TABLE "audit"."trail" (
    "id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "initiator_id" TEXT,
    "project_id" TEXT,
    "action" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "target_type" TEXT NOT NULL,
    "target_id" TEXT,
    "request_id" TEXT NOT NULL,
    "event" JSONB NOT NULL,

    CONSTRAINT "trail_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "keystone"."former_passwords" (
    "id" SERIAL NOT NULL,
    "user_id" TEXT NOT NULL,
    "password_hash" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "former_passwords_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "keystone"."groups" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "domain_id" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "extra" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "groups_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "keystone"."group_members" (
    "group_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(6),

    CONSTRAINT "group_members_pkey" PRIMARY KEY ("group_id","user_id")
);

-- CreateTable
CREATE TABLE "keystone"."role_inferences" (
    "prior_role_id" TEXT NOT NULL,
    "implied_role_id" TEXT NOT NULL,

    CONSTRAINT "role_inferences_pkey" PRIMARY KEY ("prior_role_id","implied_role_id")
);

-- CreateTable
CREATE TABLE "keystone"."regions" (
    "id" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "parent_region_id" TEXT,
    "extra" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "regions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "keystone"."services" (
    "id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "name" TEXT,
    "description" TEXT,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "extra" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "services_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "keystone"."endpoints" (
    "id" TEXT NOT NULL,
    "interface" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "service_id" TEXT NOT NULL,
    "region_id" TEXT,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "name" TEXT,
    "extra" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "endpoints_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "keystone"."project_endpoints" (
    "endpoint_id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,

    CONSTRAINT "project_endpoints_pkey" PRIMARY KEY ("endpoint_id","project_id")
);

-- CreateTable
CREATE TABLE "keystone"."endpoint_groups" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "filters" JSONB NOT NULL,

    CONSTRAINT "endpoint_groups_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "keystone"."project_endpoint_groups" (
    "endpoint_group_id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,

    CONSTRAINT "project_endpoint_groups_pkey" PRIMARY KEY ("endpoint_group_id","project_id")
);

-- CreateTable
CREATE TABLE "keystone"."policies" (
    "id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "blob" TEXT NOT NULL,
    "extra" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "policies_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "keystone"."policy_associations" (
    "id" TEXT NOT NULL,
    "policy_id" TEXT NOT NULL,
    "endpoint_id" TEXT,
    "service_id" TEXT,
    "region_id" TEXT,

    CONSTRAINT "policy_associations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "keystone"."credentials" (
    "id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "project_id" TEXT,
    "type" TEXT NOT NULL,
    "blob" TEXT NOT NULL,
    "key_hash" TEXT NOT NULL,
    "extra" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "credentials_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "keystone"."application_credentials" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "description" TEXT,
    "secret_hash" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(6),
    "unrestricted" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "roles" TEXT[] DEFAULT ARRAY[]::TEXT[],

    CONSTRAINT "application_credentials_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "keystone"."access_rules" (
    "id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "service" TEXT NOT NULL,
    "method" TEXT NOT NULL,
    "path" TEXT NOT NULL,

    CONSTRAINT "access_rules_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "keystone"."application_credential_rules" (
    "application_credential_id" TEXT NOT NULL,
    "access_rule_id" TEXT NOT NULL,

    CONSTRAINT "application_credential_rules_pkey" PRIMARY KEY ("application_credential_id","access_rule_id")
);

-- CreateTable
CREATE TABLE "keystone"."trusts" (
    "id" TEXT NOT NULL,
    "trustor_user_id" TEXT NOT NULL,
    "trustee_user_id" TEXT NOT NULL,
    "project_id" TEXT,
    "impersonation" BOOLEAN NOT NULL,
    "roles" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "expires_at" TIMESTAMPTZ(6),
    "remaining_uses" INTEGER,
    "redelegated_trust_id" TEXT,
    "redelegation_count" INTEGER NOT NULL DEFAULT 0,
    "deleted_at" TIMESTAMPTZ(6),
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "extra" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "trusts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "keystone"."registered_limits" (
    "id" TEXT NOT NULL,
    "service_id" TEXT NOT NULL,
    "region_id" TEXT,
    "resource_name" TEXT NOT NULL,
    "default_limit" INTEGER NOT NULL,
    "description" TEXT,

    CONSTRAINT "registered_limits_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "keystone"."limits" (
    "id" TEXT NOT NULL,
    "registered_limit_id" TEXT NOT NULL,
    "project_id" TEXT,
    "domain_id" TEXT,
    "resource_limit" INTEGER NOT NULL,
    "description" TEXT,

    CONSTRAINT "limits_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "keystone"."domain_options" (
    "domain_id" TEXT NOT NULL,
    "group" TEXT NOT NULL,
    "option" TEXT NOT NULL,
    "value" JSONB NOT NULL,

    CONSTRAINT "domain_options_pkey" PRIMARY KEY ("domain_id","group","option")
);

-- CreateTable
CREATE TABLE "keystone"."identity_providers" (
    "id" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT false,
    "description" TEXT,
    "domain_id" TEXT NOT NULL,
    "authorization_ttl" INTEGER,
    "remote_ids" TEXT[] DEFAULT ARRAY[]::TEXT[],

    CONSTRAINT "identity_providers_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "keystone"."mappings" (
    "id" TEXT NOT NULL,
    "rules" JSONB NOT NULL,
    "schema_version" TEXT NOT NULL DEFAULT '1.0',

    CONSTRAINT "mappings_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "keystone"."federation_protocols" (
    "id" TEXT NOT NULL,
    "idp_id" TEXT NOT NULL,
    "mapping_id" TEXT NOT NULL,
    "remote_id_attribute" TEXT,

    CONSTRAINT "federation_protocols_pkey" PRIMARY KEY ("idp_id","id")
);

-- CreateTable
CREATE TABLE "keystone"."federated_users" (
    "id" SERIAL NOT NULL,
    "user_id" TEXT NOT NULL,
    "idp_id" TEXT NOT NULL,
    "protocol_id" TEXT NOT NULL,
    "unique_id" TEXT NOT NULL,
    "display_name" TEXT,

    CONSTRAINT "federated_users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "keystone"."service_providers" (
    "id" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT false,
    "description" TEXT,
    "auth_url" TEXT NOT NULL,
    "sp_url" TEXT NOT NULL,
    "relay_state_prefix" TEXT NOT NULL DEFAULT 'ss:mem:',

    CONSTRAINT "service_providers_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "keystone"."ended_grants" (
    "user_id" TEXT NOT NULL,
    "target_id" TEXT NOT NULL,
    "generation" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "ended_grants_pkey" PRIMARY KEY ("user_id","target_id")
);

-- CreateIndex
CREATE INDEX "trail_at_idx" ON "audit"."trail"("at");

-- CreateIndex
CREATE INDEX "trail_project_id_at_idx" ON "audit"."trail"("project_id", "at");

-- CreateIndex
CREATE INDEX "trail_initiator_id_at_idx" ON "audit"."trail"("initiator_id", "at");

-- CreateIndex
CREATE INDEX "trail_target_id_at_idx" ON "audit"."trail"("target_id", "at");

-- CreateIndex
CREATE INDEX "former_passwords_user_id_idx" ON "keystone"."former_passwords"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "groups_domain_id_name_key" ON "keystone"."groups"("domain_id", "name");

-- CreateIndex
CREATE INDEX "group_members_user_id_idx" ON "keystone"."group_members"("user_id");

-- CreateIndex
CREATE INDEX "role_inferences_implied_role_id_idx" ON "keystone"."role_inferences"("implied_role_id");

-- CreateIndex
CREATE INDEX "regions_parent_region_id_idx" ON "keystone"."regions"("parent_region_id");

-- CreateIndex
CREATE INDEX "services_type_idx" ON "keystone"."services"("type");

-- CreateIndex
CREATE INDEX "endpoints_service_id_idx" ON "keystone"."endpoints"("service_id");

-- CreateIndex
CREATE INDEX "endpoints_region_id_idx" ON "keystone"."endpoints"("region_id");

-- CreateIndex
CREATE INDEX "project_endpoints_project_id_idx" ON "keystone"."project_endpoints"("project_id");

-- CreateIndex
CREATE INDEX "project_endpoint_groups_project_id_idx" ON "keystone"."project_endpoint_groups"("project_id");

-- CreateIndex
CREATE INDEX "policy_associations_policy_id_idx" ON "keystone"."policy_associations"("policy_id");

-- CreateIndex
CREATE INDEX "credentials_user_id_type_idx" ON "keystone"."credentials"("user_id", "type");

-- CreateIndex
CREATE INDEX "credentials_project_id_idx" ON "keystone"."credentials"("project_id");

-- CreateIndex
CREATE INDEX "application_credentials_project_id_idx" ON "keystone"."application_credentials"("project_id");

-- CreateIndex
CREATE UNIQUE INDEX "application_credentials_user_id_name_key" ON "keystone"."application_credentials"("user_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "access_rules_user_id_service_method_path_key" ON "keystone"."access_rules"("user_id", "service", "method", "path");

-- CreateIndex
CREATE INDEX "application_credential_rules_access_rule_id_idx" ON "keystone"."application_credential_rules"("access_rule_id");

-- CreateIndex
CREATE INDEX "trusts_trustor_user_id_idx" ON "keystone"."trusts"("trustor_user_id");

-- CreateIndex
CREATE INDEX "trusts_trustee_user_id_idx" ON "keystone"."trusts"("trustee_user_id");

-- CreateIndex
CREATE INDEX "trusts_project_id_idx" ON "keystone"."trusts"("project_id");

-- CreateIndex
CREATE INDEX "registered_limits_service_id_idx" ON "keystone"."registered_limits"("service_id");

-- CreateIndex
CREATE INDEX "limits_registered_limit_id_idx" ON "keystone"."limits"("registered_limit_id");

-- CreateIndex
CREATE INDEX "limits_project_id_idx" ON "keystone"."limits"("project_id");

-- CreateIndex
CREATE INDEX "limits_domain_id_idx" ON "keystone"."limits"("domain_id");

-- CreateIndex
CREATE INDEX "identity_providers_domain_id_idx" ON "keystone"."identity_providers"("domain_id");

-- CreateIndex
CREATE INDEX "federation_protocols_mapping_id_idx" ON "keystone"."federation_protocols"("mapping_id");

-- CreateIndex
CREATE INDEX "federated_users_user_id_idx" ON "keystone"."federated_users"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "federated_users_idp_id_protocol_id_unique_id_key" ON "keystone"."federated_users"("idp_id", "protocol_id", "unique_id");

-- CreateIndex
CREATE INDEX "roles_domain_id_idx" ON "keystone"."roles"("domain_id");

-- CreateIndex
CREATE INDEX "role_assignments_user_id_idx" ON "keystone"."role_assignments"("user_id");

-- CreateIndex
CREATE INDEX "role_assignments_group_id_idx" ON "keystone"."role_assignments"("group_id");

-- CreateIndex
CREATE INDEX "role_assignments_domain_id_idx" ON "keystone"."role_assignments"("domain_id");

-- CreateIndex
CREATE INDEX "role_assignments_role_id_idx" ON "keystone"."role_assignments"("role_id");

-- AddForeignKey
ALTER TABLE "keystone"."former_passwords" ADD CONSTRAINT "former_passwords_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "keystone"."users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."groups" ADD CONSTRAINT "groups_domain_id_fkey" FOREIGN KEY ("domain_id") REFERENCES "keystone"."projects"("id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."group_members" ADD CONSTRAINT "group_members_group_id_fkey" FOREIGN KEY ("group_id") REFERENCES "keystone"."groups"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."group_members" ADD CONSTRAINT "group_members_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "keystone"."users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."roles" ADD CONSTRAINT "roles_domain_id_fkey" FOREIGN KEY ("domain_id") REFERENCES "keystone"."projects"("id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."role_inferences" ADD CONSTRAINT "role_inferences_prior_role_id_fkey" FOREIGN KEY ("prior_role_id") REFERENCES "keystone"."roles"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."role_inferences" ADD CONSTRAINT "role_inferences_implied_role_id_fkey" FOREIGN KEY ("implied_role_id") REFERENCES "keystone"."roles"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."role_assignments" ADD CONSTRAINT "role_assignments_group_id_fkey" FOREIGN KEY ("group_id") REFERENCES "keystone"."groups"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."role_assignments" ADD CONSTRAINT "role_assignments_domain_id_fkey" FOREIGN KEY ("domain_id") REFERENCES "keystone"."projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."regions" ADD CONSTRAINT "regions_parent_region_id_fkey" FOREIGN KEY ("parent_region_id") REFERENCES "keystone"."regions"("id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."endpoints" ADD CONSTRAINT "endpoints_service_id_fkey" FOREIGN KEY ("service_id") REFERENCES "keystone"."services"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."endpoints" ADD CONSTRAINT "endpoints_region_id_fkey" FOREIGN KEY ("region_id") REFERENCES "keystone"."regions"("id") ON DELETE NO ACTION ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."project_endpoints" ADD CONSTRAINT "project_endpoints_endpoint_id_fkey" FOREIGN KEY ("endpoint_id") REFERENCES "keystone"."endpoints"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."project_endpoints" ADD CONSTRAINT "project_endpoints_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "keystone"."projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."project_endpoint_groups" ADD CONSTRAINT "project_endpoint_groups_endpoint_group_id_fkey" FOREIGN KEY ("endpoint_group_id") REFERENCES "keystone"."endpoint_groups"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."project_endpoint_groups" ADD CONSTRAINT "project_endpoint_groups_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "keystone"."projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."policy_associations" ADD CONSTRAINT "policy_associations_policy_id_fkey" FOREIGN KEY ("policy_id") REFERENCES "keystone"."policies"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."credentials" ADD CONSTRAINT "credentials_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "keystone"."users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."application_credentials" ADD CONSTRAINT "application_credentials_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "keystone"."users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."application_credentials" ADD CONSTRAINT "application_credentials_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "keystone"."projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."access_rules" ADD CONSTRAINT "access_rules_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "keystone"."users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."application_credential_rules" ADD CONSTRAINT "application_credential_rules_application_credential_id_fkey" FOREIGN KEY ("application_credential_id") REFERENCES "keystone"."application_credentials"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."application_credential_rules" ADD CONSTRAINT "application_credential_rules_access_rule_id_fkey" FOREIGN KEY ("access_rule_id") REFERENCES "keystone"."access_rules"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."trusts" ADD CONSTRAINT "trusts_trustor_user_id_fkey" FOREIGN KEY ("trustor_user_id") REFERENCES "keystone"."users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."trusts" ADD CONSTRAINT "trusts_trustee_user_id_fkey" FOREIGN KEY ("trustee_user_id") REFERENCES "keystone"."users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."trusts" ADD CONSTRAINT "trusts_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "keystone"."projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."limits" ADD CONSTRAINT "limits_registered_limit_id_fkey" FOREIGN KEY ("registered_limit_id") REFERENCES "keystone"."registered_limits"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."limits" ADD CONSTRAINT "limits_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "keystone"."projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."limits" ADD CONSTRAINT "limits_domain_id_fkey" FOREIGN KEY ("domain_id") REFERENCES "keystone"."projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."domain_options" ADD CONSTRAINT "domain_options_domain_id_fkey" FOREIGN KEY ("domain_id") REFERENCES "keystone"."projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."identity_providers" ADD CONSTRAINT "identity_providers_domain_id_fkey" FOREIGN KEY ("domain_id") REFERENCES "keystone"."projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."federation_protocols" ADD CONSTRAINT "federation_protocols_idp_id_fkey" FOREIGN KEY ("idp_id") REFERENCES "keystone"."identity_providers"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."federation_protocols" ADD CONSTRAINT "federation_protocols_mapping_id_fkey" FOREIGN KEY ("mapping_id") REFERENCES "keystone"."mappings"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."federated_users" ADD CONSTRAINT "federated_users_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "keystone"."users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."federated_users" ADD CONSTRAINT "federated_users_idp_id_fkey" FOREIGN KEY ("idp_id") REFERENCES "keystone"."identity_providers"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What Prisma's schema cannot say: where a column that is null takes part in what is unique
CREATE UNIQUE INDEX roles_domain_id_name_key ON keystone.roles (domain_id, name) NULLS NOT DISTINCT;
CREATE UNIQUE INDEX role_assignments_key ON keystone.role_assignments
  (user_id, group_id, project_id, domain_id, system, role_id, inherited) NULLS NOT DISTINCT;
CREATE UNIQUE INDEX policy_associations_key ON keystone.policy_associations
  (endpoint_id, service_id, region_id) NULLS NOT DISTINCT;
CREATE UNIQUE INDEX registered_limits_key ON keystone.registered_limits
  (service_id, region_id, resource_name) NULLS NOT DISTINCT;
CREATE UNIQUE INDEX limits_key ON keystone.limits (registered_limit_id, project_id, domain_id) NULLS NOT DISTINCT;

-- What admin, manager and member imply was in the code until 0.4.0
INSERT INTO keystone.role_inferences (prior_role_id, implied_role_id)
SELECT prior.id, implied.id FROM (VALUES ('admin', 'manager'), ('manager', 'member'), ('member', 'reader')) AS i(prior, implied)
JOIN keystone.roles prior ON prior.name = i.prior JOIN keystone.roles implied ON implied.name = i.implied;
