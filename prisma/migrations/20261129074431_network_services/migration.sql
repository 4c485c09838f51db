-- CreateTable
CREATE TABLE "neutron"."flavors" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL DEFAULT '',
    "description" TEXT DEFAULT '',
    "service_type" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL DEFAULT true,

    CONSTRAINT "flavors_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "neutron"."service_profiles" (
    "id" TEXT NOT NULL,
    "description" TEXT DEFAULT '',
    "driver" TEXT NOT NULL DEFAULT '',
    "metainfo" TEXT NOT NULL DEFAULT '',
    "enabled" BOOLEAN NOT NULL DEFAULT true,

    CONSTRAINT "service_profiles_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "neutron"."flavor_service_profiles" (
    "flavor_id" TEXT NOT NULL,
    "service_profile_id" TEXT NOT NULL,

    CONSTRAINT "flavor_service_profiles_pkey" PRIMARY KEY ("flavor_id","service_profile_id")
);

-- CreateTable
CREATE TABLE "neutron"."metering_labels" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL DEFAULT '',
    "description" TEXT NOT NULL DEFAULT '',
    "project_id" TEXT NOT NULL,
    "shared" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "metering_labels_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "neutron"."metering_label_rules" (
    "id" TEXT NOT NULL,
    "metering_label_id" TEXT NOT NULL,
    "direction" TEXT NOT NULL,
    "excluded" BOOLEAN NOT NULL DEFAULT false,
    "remote_ip_prefix" TEXT,
    "source_ip_prefix" TEXT,
    "destination_ip_prefix" TEXT,

    CONSTRAINT "metering_label_rules_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "neutron"."port_bindings" (
    "port_id" TEXT NOT NULL,
    "host" TEXT NOT NULL,
    "vif_type" TEXT NOT NULL,
    "vnic_type" TEXT NOT NULL DEFAULT 'normal',
    "profile" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "port_bindings_pkey" PRIMARY KEY ("port_id","host")
);

-- CreateTable
CREATE TABLE "neutron"."auto_allocated_topologies" (
    "project_id" TEXT NOT NULL,
    "network_id" TEXT NOT NULL,
    "router_id" TEXT NOT NULL,

    CONSTRAINT "auto_allocated_topologies_pkey" PRIMARY KEY ("project_id")
);

-- CreateIndex
CREATE INDEX "flavors_name_idx" ON "neutron"."flavors"("name");

-- CreateIndex
CREATE INDEX "flavor_service_profiles_service_profile_id_idx" ON "neutron"."flavor_service_profiles"("service_profile_id");

-- CreateIndex
CREATE INDEX "metering_labels_project_id_idx" ON "neutron"."metering_labels"("project_id");

-- CreateIndex
CREATE INDEX "metering_labels_name_idx" ON "neutron"."metering_labels"("name");

-- CreateIndex
CREATE INDEX "metering_label_rules_metering_label_id_idx" ON "neutron"."metering_label_rules"("metering_label_id");

-- CreateIndex
CREATE UNIQUE INDEX "auto_allocated_topologies_network_id_key" ON "neutron"."auto_allocated_topologies"("network_id");

-- CreateIndex
CREATE UNIQUE INDEX "auto_allocated_topologies_router_id_key" ON "neutron"."auto_allocated_topologies"("router_id");

-- AddForeignKey
ALTER TABLE "neutron"."flavor_service_profiles" ADD CONSTRAINT "flavor_service_profiles_flavor_id_fkey" FOREIGN KEY ("flavor_id") REFERENCES "neutron"."flavors"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."flavor_service_profiles" ADD CONSTRAINT "flavor_service_profiles_service_profile_id_fkey" FOREIGN KEY ("service_profile_id") REFERENCES "neutron"."service_profiles"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."metering_label_rules" ADD CONSTRAINT "metering_label_rules_metering_label_id_fkey" FOREIGN KEY ("metering_label_id") REFERENCES "neutron"."metering_labels"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."port_bindings" ADD CONSTRAINT "port_bindings_port_id_fkey" FOREIGN KEY ("port_id") REFERENCES "neutron"."ports"("id") ON DELETE CASCADE ON UPDATE CASCADE;
