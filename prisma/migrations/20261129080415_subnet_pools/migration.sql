-- AlterTable
ALTER TABLE "neutron"."subnets" ADD COLUMN     "subnetpool_id" TEXT;

-- CreateTable
CREATE TABLE "neutron"."address_scopes" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL DEFAULT '',
    "project_id" TEXT NOT NULL,
    "ip_version" INTEGER NOT NULL,
    "shared" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "address_scopes_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "neutron"."subnet_pools" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "project_id" TEXT NOT NULL,
    "ip_version" INTEGER NOT NULL,
    "prefixes" TEXT[],
    "min_prefixlen" INTEGER NOT NULL,
    "max_prefixlen" INTEGER NOT NULL,
    "default_prefixlen" INTEGER NOT NULL,
    "default_quota" INTEGER,
    "address_scope_id" TEXT,
    "shared" BOOLEAN NOT NULL DEFAULT false,
    "is_default" BOOLEAN NOT NULL DEFAULT false,
    "default_of" INTEGER,
    "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "revision_number" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "subnet_pools_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "address_scopes_project_id_idx" ON "neutron"."address_scopes"("project_id");

-- CreateIndex
CREATE INDEX "address_scopes_shared_idx" ON "neutron"."address_scopes"("shared");

-- CreateIndex
CREATE INDEX "address_scopes_name_idx" ON "neutron"."address_scopes"("name");

-- CreateIndex
CREATE UNIQUE INDEX "subnet_pools_default_of_key" ON "neutron"."subnet_pools"("default_of");

-- CreateIndex
CREATE INDEX "subnet_pools_project_id_created_at_idx" ON "neutron"."subnet_pools"("project_id", "created_at");

-- CreateIndex
CREATE INDEX "subnet_pools_shared_idx" ON "neutron"."subnet_pools"("shared");

-- CreateIndex
CREATE INDEX "subnet_pools_name_idx" ON "neutron"."subnet_pools"("name");

-- CreateIndex
CREATE INDEX "subnet_pools_address_scope_id_idx" ON "neutron"."subnet_pools"("address_scope_id");

-- CreateIndex
CREATE INDEX "subnets_subnetpool_id_idx" ON "neutron"."subnets"("subnetpool_id");

-- AddForeignKey
ALTER TABLE "neutron"."subnets" ADD CONSTRAINT "subnets_subnetpool_id_fkey" FOREIGN KEY ("subnetpool_id") REFERENCES "neutron"."subnet_pools"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."subnet_pools" ADD CONSTRAINT "subnet_pools_address_scope_id_fkey" FOREIGN KEY ("address_scope_id") REFERENCES "neutron"."address_scopes"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
