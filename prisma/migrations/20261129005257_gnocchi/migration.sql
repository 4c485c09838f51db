-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "gnocchi";

-- CreateTable
CREATE TABLE "gnocchi"."archive_policies" (
    "name" TEXT NOT NULL,
    "back_window" INTEGER NOT NULL,
    "definition" JSONB NOT NULL,
    "aggregation_methods" TEXT[],

    CONSTRAINT "archive_policies_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "gnocchi"."archive_policy_rules" (
    "name" TEXT NOT NULL,
    "archive_policy_name" TEXT NOT NULL,
    "metric_pattern" TEXT NOT NULL,

    CONSTRAINT "archive_policy_rules_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "gnocchi"."resource_types" (
    "name" TEXT NOT NULL,
    "attributes" JSONB NOT NULL,

    CONSTRAINT "resource_types_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "gnocchi"."resources" (
    "id" UUID NOT NULL,
    "type" TEXT NOT NULL,
    "creator" TEXT,
    "original_resource_id" TEXT NOT NULL,
    "user_id" TEXT,
    "project_id" TEXT,
    "started_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ended_at" TIMESTAMPTZ(6),
    "revision_start" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "attributes" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "resources_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "gnocchi"."resource_history" (
    "revision" SERIAL NOT NULL,
    "id" UUID NOT NULL,
    "type" TEXT NOT NULL,
    "creator" TEXT,
    "original_resource_id" TEXT NOT NULL,
    "user_id" TEXT,
    "project_id" TEXT,
    "started_at" TIMESTAMPTZ(6) NOT NULL,
    "ended_at" TIMESTAMPTZ(6),
    "revision_start" TIMESTAMPTZ(6) NOT NULL,
    "revision_end" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "attributes" JSONB NOT NULL,

    CONSTRAINT "resource_history_pkey" PRIMARY KEY ("revision")
);

-- CreateTable
CREATE TABLE "gnocchi"."metrics" (
    "id" UUID NOT NULL,
    "archive_policy_name" TEXT NOT NULL,
    "creator" TEXT,
    "resource_id" UUID,
    "name" TEXT,
    "unit" TEXT,
    "status" TEXT NOT NULL DEFAULT 'active',
    "newest" TIMESTAMPTZ(6),

    CONSTRAINT "metrics_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "gnocchi"."measures" (
    "metric_id" UUID NOT NULL,
    "timestamp" TIMESTAMPTZ(6) NOT NULL,
    "value" DOUBLE PRECISION NOT NULL,

    CONSTRAINT "measures_pkey" PRIMARY KEY ("metric_id","timestamp")
) PARTITION BY RANGE ("timestamp");

-- What is older or newer than the days that the upkeep has made.
CREATE TABLE "gnocchi"."measures_default" PARTITION OF "gnocchi"."measures" DEFAULT;

-- CreateTable
CREATE TABLE "gnocchi"."rollups" (
    "metric_id" UUID NOT NULL,
    "granularity" BIGINT NOT NULL,
    "timestamp" TIMESTAMPTZ(6) NOT NULL,
    "values" DOUBLE PRECISION[],

    CONSTRAINT "rollups_pkey" PRIMARY KEY ("metric_id","granularity","timestamp")
);

-- CreateIndex
CREATE INDEX "archive_policy_rules_archive_policy_name_idx" ON "gnocchi"."archive_policy_rules"("archive_policy_name");

-- CreateIndex
CREATE INDEX "resources_revision_start_started_at_id_idx" ON "gnocchi"."resources"("revision_start", "started_at", "id");

-- CreateIndex
CREATE INDEX "resources_type_revision_start_started_at_id_idx" ON "gnocchi"."resources"("type", "revision_start", "started_at", "id");

-- CreateIndex
CREATE INDEX "resources_project_id_revision_start_started_at_id_idx" ON "gnocchi"."resources"("project_id", "revision_start", "started_at", "id");

-- CreateIndex
CREATE INDEX "resources_attributes_idx" ON "gnocchi"."resources" USING GIN ("attributes" jsonb_path_ops);

-- CreateIndex
CREATE INDEX "resource_history_id_revision_idx" ON "gnocchi"."resource_history"("id", "revision");

-- CreateIndex
CREATE INDEX "resource_history_type_idx" ON "gnocchi"."resource_history"("type");

-- CreateIndex
CREATE INDEX "metrics_archive_policy_name_idx" ON "gnocchi"."metrics"("archive_policy_name");

-- CreateIndex
CREATE INDEX "metrics_name_idx" ON "gnocchi"."metrics"("name");

-- CreateIndex
CREATE UNIQUE INDEX "metrics_resource_id_name_key" ON "gnocchi"."metrics"("resource_id", "name");

-- AddForeignKey
ALTER TABLE "gnocchi"."archive_policy_rules" ADD CONSTRAINT "archive_policy_rules_archive_policy_name_fkey" FOREIGN KEY ("archive_policy_name") REFERENCES "gnocchi"."archive_policies"("name") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "gnocchi"."resources" ADD CONSTRAINT "resources_type_fkey" FOREIGN KEY ("type") REFERENCES "gnocchi"."resource_types"("name") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "gnocchi"."resource_history" ADD CONSTRAINT "resource_history_id_fkey" FOREIGN KEY ("id") REFERENCES "gnocchi"."resources"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "gnocchi"."metrics" ADD CONSTRAINT "metrics_archive_policy_name_fkey" FOREIGN KEY ("archive_policy_name") REFERENCES "gnocchi"."archive_policies"("name") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "gnocchi"."metrics" ADD CONSTRAINT "metrics_resource_id_fkey" FOREIGN KEY ("resource_id") REFERENCES "gnocchi"."resources"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- Deleted metrics, whose measures the upkeep still has to remove.
CREATE INDEX "metrics_deleted_idx" ON "gnocchi"."metrics"("id") WHERE "status" = 'delete';

-- Gnocchi's own archive policies, and Ceilometer's (ceilometer/publisher/data/gnocchi_resources.yaml).
INSERT INTO gnocchi.archive_policies (name, back_window, definition, aggregation_methods) VALUES
  ('bool', 3600, '[{"granularity": 1, "points": 31536000, "timespan": 31536000}]', '{last}'),
  ('ceilometer-high', 0, '[{"granularity": 1, "points": 3600, "timespan": 3600}, {"granularity": 60, "points": 1440, "timespan": 86400}, {"granularity": 3600, "points": 8760, "timespan": 31536000}]', '{mean}'),
  ('ceilometer-high-rate', 0, '[{"granularity": 1, "points": 3600, "timespan": 3600}, {"granularity": 60, "points": 1440, "timespan": 86400}, {"granularity": 3600, "points": 8760, "timespan": 31536000}]', '{mean,rate:mean}'),
  ('ceilometer-low', 0, '[{"granularity": 300, "points": 8640, "timespan": 2592000}]', '{mean}'),
  ('ceilometer-low-rate', 0, '[{"granularity": 300, "points": 8640, "timespan": 2592000}]', '{mean,rate:mean}'),
  ('high', 0, '[{"granularity": 1, "points": 3600, "timespan": 3600}, {"granularity": 60, "points": 10080, "timespan": 604800}, {"granularity": 3600, "points": 8760, "timespan": 31536000}]', '{mean,min,max,sum,std,count}'),
  ('low', 0, '[{"granularity": 300, "points": 8640, "timespan": 2592000}]', '{mean,min,max,sum,std,count}'),
  ('medium', 0, '[{"granularity": 60, "points": 10080, "timespan": 604800}, {"granularity": 3600, "points": 8760, "timespan": 31536000}]', '{mean,min,max,sum,std,count}');
-- The type that every resource has at least, Ceilometer's (ceilometer/gnocchi_client.py), and two that it has no type for: ports and routers.
INSERT INTO gnocchi.resource_types (name, attributes) VALUES
  ('ceph_account', '{}'),
  ('dns_zone', '{"zone_name": {"type": "string", "min_length": 0, "max_length": 255, "required": false}, "email": {"type": "string", "min_length": 0, "max_length": 255, "required": false}, "zone_type": {"type": "string", "min_length": 0, "max_length": 255, "required": false}, "pool_id": {"type": "string", "min_length": 0, "max_length": 255, "required": false}}'),
  ('generic', '{}'),
  ('host', '{"host_name": {"type": "string", "min_length": 0, "max_length": 255, "required": true}}'),
  ('host_disk', '{"host_name": {"type": "string", "min_length": 0, "max_length": 255, "required": true}, "device_name": {"type": "string", "min_length": 0, "max_length": 255, "required": false}}'),
  ('host_network_interface', '{"host_name": {"type": "string", "min_length": 0, "max_length": 255, "required": true}, "device_name": {"type": "string", "min_length": 0, "max_length": 255, "required": false}}'),
  ('identity', '{}'),
  ('image', '{"name": {"type": "string", "min_length": 0, "max_length": 255, "required": true}, "container_format": {"type": "string", "min_length": 0, "max_length": 255, "required": false}, "disk_format": {"type": "string", "min_length": 0, "max_length": 255, "required": false}}'),
  ('instance', '{"flavor_id": {"type": "string", "min_length": 0, "max_length": 255, "required": true}, "image_ref": {"type": "string", "min_length": 0, "max_length": 255, "required": false}, "host": {"type": "string", "min_length": 0, "max_length": 255, "required": false}, "display_name": {"type": "string", "min_length": 0, "max_length": 255, "required": true}, "server_group": {"type": "string", "min_length": 0, "max_length": 255, "required": false}, "flavor_name": {"type": "string", "min_length": 0, "max_length": 255, "required": true}, "launched_at": {"type": "datetime", "required": false}, "created_at": {"type": "datetime", "required": false}, "deleted_at": {"type": "datetime", "required": false}, "availability_zone": {"type": "string", "min_length": 0, "max_length": 255, "required": false}}'),
  ('instance_disk', '{"name": {"type": "string", "min_length": 0, "max_length": 255, "required": true}, "instance_id": {"type": "uuid", "required": true}}'),
  ('instance_network_interface', '{"name": {"type": "string", "min_length": 0, "max_length": 255, "required": true}, "instance_id": {"type": "uuid", "required": true}}'),
  ('ipmi', '{}'),
  ('ipmi_sensor', '{"node": {"type": "string", "min_length": 0, "max_length": 255, "required": true}}'),
  ('loadbalancer', '{"name": {"type": "string", "min_length": 0, "max_length": 255, "required": false}, "availability_zone": {"type": "string", "min_length": 0, "max_length": 255, "required": false}, "vip_address": {"type": "string", "min_length": 0, "max_length": 255, "required": false}, "provider": {"type": "string", "min_length": 0, "max_length": 255, "required": false}}'),
  ('manila_share', '{"name": {"type": "string", "min_length": 0, "max_length": 255, "required": false}, "host": {"type": "string", "min_length": 0, "max_length": 255, "required": true}, "protocol": {"type": "string", "min_length": 0, "max_length": 255, "required": false}, "availability_zone": {"type": "string", "min_length": 0, "max_length": 255, "required": false}, "status": {"type": "string", "min_length": 0, "max_length": 255, "required": true}}'),
  ('network', '{}'),
  ('nova_compute', '{"host_name": {"type": "string", "min_length": 0, "max_length": 255, "required": true}}'),
  ('port', '{}'),
  ('router', '{}'),
  ('stack', '{}'),
  ('swift_account', '{"storage_policy": {"type": "string", "min_length": 0, "max_length": 255, "required": false}}'),
  ('volume', '{"display_name": {"type": "string", "min_length": 0, "max_length": 255, "required": false}, "volume_type": {"type": "string", "min_length": 0, "max_length": 255, "required": false}, "image_id": {"type": "uuid", "required": false}, "instance_id": {"type": "uuid", "required": false}, "volume_type_id": {"type": "string", "min_length": 0, "max_length": 255, "required": false}}'),
  ('volume_provider', '{}'),
  ('volume_provider_pool', '{"provider": {"type": "string", "min_length": 0, "max_length": 255, "required": true}}'),
  ('volume_service', '{"host": {"type": "string", "min_length": 0, "max_length": 255, "required": false}, "binary": {"type": "string", "min_length": 0, "max_length": 255, "required": false}, "zone": {"type": "string", "min_length": 0, "max_length": 255, "required": false}, "status": {"type": "string", "min_length": 0, "max_length": 255, "required": false}}');
