-- CreateTable
CREATE TABLE "neutron"."routers" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL DEFAULT '',
    "description" TEXT NOT NULL DEFAULT '',
    "project_id" TEXT NOT NULL,
    "admin_state_up" BOOLEAN NOT NULL DEFAULT true,
    "status" TEXT NOT NULL DEFAULT 'ACTIVE',
    "enable_snat" BOOLEAN NOT NULL DEFAULT true,
    "routes" JSONB NOT NULL DEFAULT '[]',
    "availability_zone_hints" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "host" TEXT NOT NULL DEFAULT '',
    "revision_number" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "routers_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "neutron"."router_ports" (
    "port_id" TEXT NOT NULL,
    "router_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,

    CONSTRAINT "router_ports_pkey" PRIMARY KEY ("port_id")
);

-- CreateIndex
CREATE INDEX "routers_project_id_created_at_idx" ON "neutron"."routers"("project_id", "created_at");

-- CreateIndex
CREATE INDEX "routers_name_idx" ON "neutron"."routers"("name");

-- CreateIndex
CREATE INDEX "routers_host_idx" ON "neutron"."routers"("host");

-- CreateIndex
CREATE INDEX "router_ports_router_id_idx" ON "neutron"."router_ports"("router_id");

-- AddForeignKey
ALTER TABLE "neutron"."router_ports" ADD CONSTRAINT "router_ports_port_id_fkey" FOREIGN KEY ("port_id") REFERENCES "neutron"."ports"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."router_ports" ADD CONSTRAINT "router_ports_router_id_fkey" FOREIGN KEY ("router_id") REFERENCES "neutron"."routers"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
