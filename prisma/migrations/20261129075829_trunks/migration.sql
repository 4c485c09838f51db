-- CreateTable
CREATE TABLE "neutron"."trunks" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL DEFAULT '',
    "description" TEXT NOT NULL DEFAULT '',
    "project_id" TEXT NOT NULL,
    "port_id" TEXT NOT NULL,
    "admin_state_up" BOOLEAN NOT NULL DEFAULT true,
    "status" TEXT NOT NULL DEFAULT 'DOWN',
    "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "revision_number" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "trunks_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "neutron"."sub_ports" (
    "port_id" TEXT NOT NULL,
    "trunk_id" TEXT NOT NULL,
    "segmentation_type" TEXT NOT NULL,
    "segmentation_id" INTEGER NOT NULL,

    CONSTRAINT "sub_ports_pkey" PRIMARY KEY ("port_id")
);

-- CreateIndex
CREATE UNIQUE INDEX "trunks_port_id_key" ON "neutron"."trunks"("port_id");

-- CreateIndex
CREATE INDEX "trunks_project_id_created_at_idx" ON "neutron"."trunks"("project_id", "created_at");

-- CreateIndex
CREATE INDEX "trunks_name_idx" ON "neutron"."trunks"("name");

-- CreateIndex
CREATE UNIQUE INDEX "sub_ports_trunk_id_segmentation_type_segmentation_id_key" ON "neutron"."sub_ports"("trunk_id", "segmentation_type", "segmentation_id");

-- AddForeignKey
ALTER TABLE "neutron"."trunks" ADD CONSTRAINT "trunks_port_id_fkey" FOREIGN KEY ("port_id") REFERENCES "neutron"."ports"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."sub_ports" ADD CONSTRAINT "sub_ports_port_id_fkey" FOREIGN KEY ("port_id") REFERENCES "neutron"."ports"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."sub_ports" ADD CONSTRAINT "sub_ports_trunk_id_fkey" FOREIGN KEY ("trunk_id") REFERENCES "neutron"."trunks"("id") ON DELETE CASCADE ON UPDATE CASCADE;
