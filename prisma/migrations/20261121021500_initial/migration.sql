-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "cinder";

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "glance";

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "keystone";

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "neutron";

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "nova";

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "outbox";

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "placement";

-- CreateTable
CREATE TABLE "cinder"."volumes" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL DEFAULT '',
    "description" TEXT,
    "project_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "size" INTEGER NOT NULL,
    "status" TEXT NOT NULL,
    "availability_zone" TEXT NOT NULL DEFAULT 'nova',
    "volume_type" TEXT NOT NULL DEFAULT 'file',
    "bootable" BOOLEAN NOT NULL DEFAULT false,
    "image_id" TEXT,
    "host" TEXT,
    "metadata" JSONB NOT NULL DEFAULT '{}',
    "created_for_server" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "volumes_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "cinder"."volume_attachments" (
    "volume_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "server_id" TEXT NOT NULL,
    "host" TEXT,
    "mountpoint" TEXT NOT NULL,
    "attached_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "volume_attachments_pkey" PRIMARY KEY ("volume_id")
);

-- CreateTable
CREATE TABLE "cinder"."services" (
    "host" TEXT NOT NULL,
    "facts" JSONB NOT NULL DEFAULT '{}',
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "services_pkey" PRIMARY KEY ("host")
);

-- CreateTable
CREATE TABLE "glance"."images" (
    "id" TEXT NOT NULL,
    "name" TEXT,
    "owner" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "visibility" TEXT NOT NULL,
    "disk_format" TEXT,
    "container_format" TEXT,
    "size" BIGINT,
    "virtual_size" BIGINT,
    "checksum" TEXT,
    "os_hash_value" TEXT,
    "min_disk" INTEGER NOT NULL DEFAULT 0,
    "min_ram" INTEGER NOT NULL DEFAULT 0,
    "protected" BOOLEAN NOT NULL DEFAULT false,
    "os_hidden" BOOLEAN NOT NULL DEFAULT false,
    "tags" TEXT[],
    "properties" JSONB NOT NULL DEFAULT '{}',
    "location" TEXT,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deleted_at" TIMESTAMPTZ(6),

    CONSTRAINT "images_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "keystone"."domains" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,

    CONSTRAINT "domains_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "keystone"."projects" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "domain_id" TEXT NOT NULL,

    CONSTRAINT "projects_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "keystone"."users" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "domain_id" TEXT NOT NULL,
    "default_project_id" TEXT,
    "password_hash" TEXT NOT NULL,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "keystone"."roles" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,

    CONSTRAINT "roles_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "keystone"."role_assignments" (
    "user_id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "role_id" TEXT NOT NULL,

    CONSTRAINT "role_assignments_pkey" PRIMARY KEY ("user_id","project_id","role_id")
);

-- CreateTable
CREATE TABLE "keystone"."revocations" (
    "audit_id" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "revocations_pkey" PRIMARY KEY ("audit_id")
);

-- CreateTable
CREATE TABLE "neutron"."networks" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL DEFAULT '',
    "description" TEXT NOT NULL DEFAULT '',
    "project_id" TEXT NOT NULL,
    "admin_state_up" BOOLEAN NOT NULL DEFAULT true,
    "shared" BOOLEAN NOT NULL DEFAULT false,
    "port_security_enabled" BOOLEAN NOT NULL DEFAULT true,
    "mtu" INTEGER NOT NULL DEFAULT 1450,
    "segmentation_id" SERIAL NOT NULL,
    "revision_number" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "networks_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "neutron"."subnets" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL DEFAULT '',
    "description" TEXT NOT NULL DEFAULT '',
    "project_id" TEXT NOT NULL,
    "network_id" TEXT NOT NULL,
    "ip_version" INTEGER NOT NULL,
    "cidr" TEXT NOT NULL,
    "gateway_ip" TEXT,
    "enable_dhcp" BOOLEAN NOT NULL DEFAULT true,
    "dns_nameservers" TEXT[],
    "allocation_pools" JSONB NOT NULL,
    "revision_number" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "subnets_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "neutron"."ports" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL DEFAULT '',
    "description" TEXT NOT NULL DEFAULT '',
    "project_id" TEXT NOT NULL,
    "network_id" TEXT NOT NULL,
    "mac_address" TEXT NOT NULL,
    "admin_state_up" BOOLEAN NOT NULL DEFAULT true,
    "status" TEXT NOT NULL DEFAULT 'DOWN',
    "device_id" TEXT NOT NULL DEFAULT '',
    "device_owner" TEXT NOT NULL DEFAULT '',
    "binding_host_id" TEXT NOT NULL DEFAULT '',
    "binding_vif_type" TEXT NOT NULL DEFAULT 'unbound',
    "port_security_enabled" BOOLEAN NOT NULL DEFAULT true,
    "created_by_nova" BOOLEAN NOT NULL DEFAULT false,
    "revision_number" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "ports_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "neutron"."ip_allocations" (
    "subnet_id" TEXT NOT NULL,
    "ip_address" TEXT NOT NULL,
    "port_id" TEXT NOT NULL,

    CONSTRAINT "ip_allocations_pkey" PRIMARY KEY ("subnet_id","ip_address")
);

-- CreateTable
CREATE TABLE "neutron"."agents" (
    "host" TEXT NOT NULL,
    "facts" JSONB NOT NULL DEFAULT '{}',
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "agents_pkey" PRIMARY KEY ("host")
);

-- CreateTable
CREATE TABLE "nova"."flavors" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "vcpus" INTEGER NOT NULL,
    "ram" INTEGER NOT NULL,
    "disk" INTEGER NOT NULL,
    "ephemeral" INTEGER NOT NULL DEFAULT 0,
    "swap" INTEGER NOT NULL DEFAULT 0,
    "rxtx_factor" DOUBLE PRECISION NOT NULL DEFAULT 1,
    "is_public" BOOLEAN NOT NULL DEFAULT true,
    "disabled" BOOLEAN NOT NULL DEFAULT false,
    "extra_specs" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "flavors_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "nova"."keypairs" (
    "user_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "type" TEXT NOT NULL DEFAULT 'ssh',
    "fingerprint" TEXT NOT NULL,
    "public_key" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "keypairs_pkey" PRIMARY KEY ("user_id","name")
);

-- CreateTable
CREATE TABLE "nova"."quotas" (
    "project_id" TEXT NOT NULL,
    "resource" TEXT NOT NULL,
    "hard_limit" INTEGER NOT NULL,

    CONSTRAINT "quotas_pkey" PRIMARY KEY ("project_id","resource")
);

-- CreateTable
CREATE TABLE "nova"."servers" (
    "id" TEXT NOT NULL,
    "number" SERIAL NOT NULL,
    "project_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT,
    "hostname" TEXT NOT NULL,
    "vm_state" TEXT NOT NULL,
    "task_state" TEXT,
    "power_state" INTEGER NOT NULL DEFAULT 0,
    "flavor_id" TEXT NOT NULL,
    "flavor" JSONB NOT NULL,
    "vcpus" INTEGER NOT NULL,
    "ram" INTEGER NOT NULL,
    "image_id" TEXT,
    "key_name" TEXT,
    "host" TEXT,
    "machine" TEXT,
    "boot_round" INTEGER NOT NULL DEFAULT 0,
    "availability_zone" TEXT,
    "pinned_availability_zone" TEXT,
    "config_drive" BOOLEAN NOT NULL DEFAULT false,
    "user_data" TEXT,
    "admin_pass" TEXT,
    "metadata" JSONB NOT NULL DEFAULT '{}',
    "tags" TEXT[],
    "access_ipv4" TEXT NOT NULL DEFAULT '',
    "access_ipv6" TEXT NOT NULL DEFAULT '',
    "reservation_id" TEXT NOT NULL,
    "launch_index" INTEGER NOT NULL DEFAULT 0,
    "root_device_name" TEXT NOT NULL DEFAULT '/dev/vda',
    "locked" BOOLEAN NOT NULL DEFAULT false,
    "locked_reason" TEXT,
    "security_groups" TEXT[],
    "trusted_certs" TEXT[],
    "addresses" JSONB NOT NULL DEFAULT '{}',
    "fault" JSONB,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "launched_at" TIMESTAMPTZ(6),
    "terminated_at" TIMESTAMPTZ(6),
    "deleted_at" TIMESTAMPTZ(6),

    CONSTRAINT "servers_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "nova"."request_specs" (
    "server_id" TEXT NOT NULL,
    "spec" JSONB NOT NULL,

    CONSTRAINT "request_specs_pkey" PRIMARY KEY ("server_id")
);

-- CreateTable
CREATE TABLE "nova"."block_device_mappings" (
    "id" TEXT NOT NULL,
    "server_id" TEXT NOT NULL,
    "boot_index" INTEGER,
    "source_type" TEXT NOT NULL,
    "destination_type" TEXT NOT NULL,
    "source_id" TEXT,
    "volume_id" TEXT,
    "volume_size" INTEGER,
    "delete_on_termination" BOOLEAN NOT NULL DEFAULT false,
    "device_name" TEXT NOT NULL,
    "tag" TEXT,

    CONSTRAINT "block_device_mappings_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "nova"."instance_actions" (
    "id" TEXT NOT NULL,
    "server_id" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "request_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "workflow_id" TEXT NOT NULL,
    "start_time" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finish_time" TIMESTAMPTZ(6),
    "message" TEXT,

    CONSTRAINT "instance_actions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "nova"."instance_action_events" (
    "action_id" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "event" TEXT NOT NULL,
    "start_time" TIMESTAMPTZ(6) NOT NULL,
    "finish_time" TIMESTAMPTZ(6),
    "result" TEXT,
    "host" TEXT,
    "details" TEXT,

    CONSTRAINT "instance_action_events_pkey" PRIMARY KEY ("action_id","position")
);

-- CreateTable
CREATE TABLE "nova"."services" (
    "host" TEXT NOT NULL,
    "machine" TEXT NOT NULL,
    "availability_zone" TEXT NOT NULL DEFAULT 'nova',
    "disabled" BOOLEAN NOT NULL DEFAULT false,
    "disabled_reason" TEXT,
    "facts" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "services_pkey" PRIMARY KEY ("host")
);

-- CreateTable
CREATE TABLE "outbox"."workflow_starts" (
    "workflow_id" TEXT NOT NULL,
    "workflow_type" TEXT NOT NULL,
    "input" JSONB NOT NULL,
    "story" JSONB NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "last_error" TEXT,
    "next_attempt_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "workflow_starts_pkey" PRIMARY KEY ("workflow_id")
);

-- CreateTable
CREATE TABLE "placement"."resource_providers" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "generation" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "resource_providers_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "placement"."inventories" (
    "resource_provider_id" TEXT NOT NULL,
    "resource_class" TEXT NOT NULL,
    "total" INTEGER NOT NULL,
    "reserved" INTEGER NOT NULL DEFAULT 0,
    "min_unit" INTEGER NOT NULL DEFAULT 1,
    "max_unit" INTEGER NOT NULL,
    "step_size" INTEGER NOT NULL DEFAULT 1,
    "allocation_ratio" DOUBLE PRECISION NOT NULL DEFAULT 1,

    CONSTRAINT "inventories_pkey" PRIMARY KEY ("resource_provider_id","resource_class")
);

-- CreateTable
CREATE TABLE "placement"."allocations" (
    "consumer_id" TEXT NOT NULL,
    "resource_provider_id" TEXT NOT NULL,
    "resource_class" TEXT NOT NULL,
    "used" INTEGER NOT NULL,
    "project_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "allocations_pkey" PRIMARY KEY ("consumer_id","resource_provider_id","resource_class")
);

-- CreateIndex
CREATE INDEX "volumes_project_id_created_at_idx" ON "cinder"."volumes"("project_id", "created_at");

-- CreateIndex
CREATE INDEX "volumes_created_for_server_idx" ON "cinder"."volumes"("created_for_server");

-- CreateIndex
CREATE UNIQUE INDEX "volume_attachments_id_key" ON "cinder"."volume_attachments"("id");

-- CreateIndex
CREATE INDEX "volume_attachments_server_id_idx" ON "cinder"."volume_attachments"("server_id");

-- CreateIndex
CREATE INDEX "images_owner_created_at_idx" ON "glance"."images"("owner", "created_at");

-- CreateIndex
CREATE INDEX "images_visibility_created_at_idx" ON "glance"."images"("visibility", "created_at");

-- CreateIndex
CREATE INDEX "images_name_idx" ON "glance"."images"("name");

-- CreateIndex
CREATE UNIQUE INDEX "domains_name_key" ON "keystone"."domains"("name");

-- CreateIndex
CREATE UNIQUE INDEX "projects_domain_id_name_key" ON "keystone"."projects"("domain_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "users_domain_id_name_key" ON "keystone"."users"("domain_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "roles_name_key" ON "keystone"."roles"("name");

-- CreateIndex
CREATE INDEX "role_assignments_project_id_idx" ON "keystone"."role_assignments"("project_id");

-- CreateIndex
CREATE INDEX "revocations_expires_at_idx" ON "keystone"."revocations"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "networks_segmentation_id_key" ON "neutron"."networks"("segmentation_id");

-- CreateIndex
CREATE INDEX "networks_project_id_idx" ON "neutron"."networks"("project_id");

-- CreateIndex
CREATE INDEX "networks_name_idx" ON "neutron"."networks"("name");

-- CreateIndex
CREATE INDEX "subnets_network_id_idx" ON "neutron"."subnets"("network_id");

-- CreateIndex
CREATE INDEX "subnets_project_id_idx" ON "neutron"."subnets"("project_id");

-- CreateIndex
CREATE INDEX "ports_device_id_idx" ON "neutron"."ports"("device_id");

-- CreateIndex
CREATE INDEX "ports_project_id_created_at_idx" ON "neutron"."ports"("project_id", "created_at");

-- CreateIndex
CREATE UNIQUE INDEX "ports_network_id_mac_address_key" ON "neutron"."ports"("network_id", "mac_address");

-- CreateIndex
CREATE INDEX "ip_allocations_port_id_idx" ON "neutron"."ip_allocations"("port_id");

-- CreateIndex
CREATE UNIQUE INDEX "flavors_name_key" ON "nova"."flavors"("name");

-- CreateIndex
CREATE UNIQUE INDEX "servers_number_key" ON "nova"."servers"("number");

-- CreateIndex
CREATE INDEX "servers_project_id_deleted_at_created_at_id_idx" ON "nova"."servers"("project_id", "deleted_at", "created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "servers_deleted_at_created_at_id_idx" ON "nova"."servers"("deleted_at", "created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "servers_vm_state_deleted_at_idx" ON "nova"."servers"("vm_state", "deleted_at");

-- CreateIndex
CREATE INDEX "servers_host_deleted_at_idx" ON "nova"."servers"("host", "deleted_at");

-- CreateIndex
CREATE INDEX "block_device_mappings_server_id_idx" ON "nova"."block_device_mappings"("server_id");

-- CreateIndex
CREATE INDEX "block_device_mappings_volume_id_idx" ON "nova"."block_device_mappings"("volume_id");

-- CreateIndex
CREATE UNIQUE INDEX "instance_actions_server_id_request_id_key" ON "nova"."instance_actions"("server_id", "request_id");

-- CreateIndex
CREATE INDEX "workflow_starts_next_attempt_at_idx" ON "outbox"."workflow_starts"("next_attempt_at");

-- CreateIndex
CREATE UNIQUE INDEX "resource_providers_name_key" ON "placement"."resource_providers"("name");

-- CreateIndex
CREATE INDEX "allocations_resource_provider_id_resource_class_used_idx" ON "placement"."allocations"("resource_provider_id", "resource_class", "used");

-- AddForeignKey
ALTER TABLE "cinder"."volume_attachments" ADD CONSTRAINT "volume_attachments_volume_id_fkey" FOREIGN KEY ("volume_id") REFERENCES "cinder"."volumes"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."projects" ADD CONSTRAINT "projects_domain_id_fkey" FOREIGN KEY ("domain_id") REFERENCES "keystone"."domains"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."users" ADD CONSTRAINT "users_domain_id_fkey" FOREIGN KEY ("domain_id") REFERENCES "keystone"."domains"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."role_assignments" ADD CONSTRAINT "role_assignments_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "keystone"."users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."role_assignments" ADD CONSTRAINT "role_assignments_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "keystone"."projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "keystone"."role_assignments" ADD CONSTRAINT "role_assignments_role_id_fkey" FOREIGN KEY ("role_id") REFERENCES "keystone"."roles"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."subnets" ADD CONSTRAINT "subnets_network_id_fkey" FOREIGN KEY ("network_id") REFERENCES "neutron"."networks"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."ports" ADD CONSTRAINT "ports_network_id_fkey" FOREIGN KEY ("network_id") REFERENCES "neutron"."networks"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."ip_allocations" ADD CONSTRAINT "ip_allocations_subnet_id_fkey" FOREIGN KEY ("subnet_id") REFERENCES "neutron"."subnets"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."ip_allocations" ADD CONSTRAINT "ip_allocations_port_id_fkey" FOREIGN KEY ("port_id") REFERENCES "neutron"."ports"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "nova"."request_specs" ADD CONSTRAINT "request_specs_server_id_fkey" FOREIGN KEY ("server_id") REFERENCES "nova"."servers"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "nova"."block_device_mappings" ADD CONSTRAINT "block_device_mappings_server_id_fkey" FOREIGN KEY ("server_id") REFERENCES "nova"."servers"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "nova"."instance_actions" ADD CONSTRAINT "instance_actions_server_id_fkey" FOREIGN KEY ("server_id") REFERENCES "nova"."servers"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "nova"."instance_action_events" ADD CONSTRAINT "instance_action_events_action_id_fkey" FOREIGN KEY ("action_id") REFERENCES "nova"."instance_actions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "placement"."inventories" ADD CONSTRAINT "inventories_resource_provider_id_fkey" FOREIGN KEY ("resource_provider_id") REFERENCES "placement"."resource_providers"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "placement"."allocations" ADD CONSTRAINT "allocations_resource_provider_id_fkey" FOREIGN KEY ("resource_provider_id") REFERENCES "placement"."resource_providers"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
