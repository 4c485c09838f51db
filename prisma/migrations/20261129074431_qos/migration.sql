-- AlterTable
ALTER TABLE "neutron"."networks" ADD COLUMN     "qos_policy_id" TEXT;

-- AlterTable
ALTER TABLE "neutron"."ports" ADD COLUMN     "qos_policy_id" TEXT;

-- CreateTable
CREATE TABLE "neutron"."qos_policies" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL DEFAULT '',
    "description" TEXT NOT NULL DEFAULT '',
    "project_id" TEXT NOT NULL,
    "shared" BOOLEAN NOT NULL DEFAULT false,
    "default_of" TEXT,
    "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "revision_number" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "qos_policies_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "neutron"."qos_rules" (
    "id" TEXT NOT NULL,
    "policy_id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "direction" TEXT NOT NULL DEFAULT '',
    "max_kbps" INTEGER,
    "max_burst_kbps" INTEGER,
    "min_kbps" INTEGER,
    "max_kpps" INTEGER,
    "max_burst_kpps" INTEGER,
    "min_kpps" INTEGER,
    "dscp_mark" INTEGER,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "qos_rules_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "qos_policies_default_of_key" ON "neutron"."qos_policies"("default_of");

-- CreateIndex
CREATE INDEX "qos_policies_project_id_created_at_idx" ON "neutron"."qos_policies"("project_id", "created_at");

-- CreateIndex
CREATE INDEX "qos_policies_name_idx" ON "neutron"."qos_policies"("name");

-- CreateIndex
CREATE UNIQUE INDEX "qos_rules_policy_id_type_direction_key" ON "neutron"."qos_rules"("policy_id", "type", "direction");

-- CreateIndex
CREATE INDEX "networks_qos_policy_id_idx" ON "neutron"."networks"("qos_policy_id");

-- CreateIndex
CREATE INDEX "ports_qos_policy_id_idx" ON "neutron"."ports"("qos_policy_id");

-- AddForeignKey
ALTER TABLE "neutron"."networks" ADD CONSTRAINT "networks_qos_policy_id_fkey" FOREIGN KEY ("qos_policy_id") REFERENCES "neutron"."qos_policies"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."ports" ADD CONSTRAINT "ports_qos_policy_id_fkey" FOREIGN KEY ("qos_policy_id") REFERENCES "neutron"."qos_policies"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."qos_rules" ADD CONSTRAINT "qos_rules_policy_id_fkey" FOREIGN KEY ("policy_id") REFERENCES "neutron"."qos_policies"("id") ON DELETE CASCADE ON UPDATE CASCADE;
