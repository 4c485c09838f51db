-- CreateTable
CREATE TABLE "neutron"."floating_ips" (
    "id" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "project_id" TEXT NOT NULL,
    "floating_network_id" TEXT NOT NULL,
    "floating_ip_address" TEXT NOT NULL,
    "floating_port_id" TEXT NOT NULL,
    "port_id" TEXT,
    "fixed_ip_address" TEXT,
    "router_id" TEXT,
    "status" TEXT NOT NULL DEFAULT 'DOWN',
    "dns_name" TEXT NOT NULL DEFAULT '',
    "dns_domain" TEXT NOT NULL DEFAULT '',
    "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "revision_number" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "floating_ips_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "neutron"."port_forwardings" (
    "id" TEXT NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "floatingip_id" TEXT NOT NULL,
    "internal_port_id" TEXT NOT NULL,
    "internal_ip_address" TEXT NOT NULL,
    "protocol" TEXT NOT NULL,
    "external_first" INTEGER NOT NULL,
    "external_last" INTEGER NOT NULL,
    "internal_first" INTEGER NOT NULL,
    "internal_last" INTEGER NOT NULL,
    "revision_number" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "port_forwardings_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "floating_ips_floating_port_id_key" ON "neutron"."floating_ips"("floating_port_id");

-- CreateIndex
CREATE INDEX "floating_ips_project_id_created_at_idx" ON "neutron"."floating_ips"("project_id", "created_at");

-- CreateIndex
CREATE INDEX "floating_ips_floating_network_id_idx" ON "neutron"."floating_ips"("floating_network_id");

-- CreateIndex
CREATE INDEX "floating_ips_floating_ip_address_idx" ON "neutron"."floating_ips"("floating_ip_address");

-- CreateIndex
CREATE INDEX "floating_ips_router_id_idx" ON "neutron"."floating_ips"("router_id");

-- CreateIndex
CREATE UNIQUE INDEX "floating_ips_port_id_fixed_ip_address_floating_network_id_key" ON "neutron"."floating_ips"("port_id", "fixed_ip_address", "floating_network_id");

-- CreateIndex
CREATE INDEX "port_forwardings_floatingip_id_idx" ON "neutron"."port_forwardings"("floatingip_id");

-- CreateIndex
CREATE INDEX "port_forwardings_internal_port_id_idx" ON "neutron"."port_forwardings"("internal_port_id");

-- AddForeignKey
ALTER TABLE "neutron"."floating_ips" ADD CONSTRAINT "floating_ips_floating_network_id_fkey" FOREIGN KEY ("floating_network_id") REFERENCES "neutron"."networks"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."floating_ips" ADD CONSTRAINT "floating_ips_floating_port_id_fkey" FOREIGN KEY ("floating_port_id") REFERENCES "neutron"."ports"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."floating_ips" ADD CONSTRAINT "floating_ips_port_id_fkey" FOREIGN KEY ("port_id") REFERENCES "neutron"."ports"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."floating_ips" ADD CONSTRAINT "floating_ips_router_id_fkey" FOREIGN KEY ("router_id") REFERENCES "neutron"."routers"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."port_forwardings" ADD CONSTRAINT "port_forwardings_floatingip_id_fkey" FOREIGN KEY ("floatingip_id") REFERENCES "neutron"."floating_ips"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."port_forwardings" ADD CONSTRAINT "port_forwardings_internal_port_id_fkey" FOREIGN KEY ("internal_port_id") REFERENCES "neutron"."ports"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What stood for a port that is gone, whoever deleted it, stands for nothing.
CREATE FUNCTION neutron.free_floating_ip() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.fixed_ip_address := NULL;
  IF NOT EXISTS (SELECT 1 FROM neutron.port_forwardings f WHERE f.floatingip_id = NEW.id) THEN
    NEW.router_id := NULL;
    NEW.status := 'DOWN';
  END IF;
  NEW.updated_at := now();
  RETURN NEW;
END
$$;
CREATE TRIGGER free_floating_ip BEFORE UPDATE OF port_id ON neutron.floating_ips FOR EACH ROW
  WHEN (OLD.port_id IS NOT NULL AND NEW.port_id IS NULL) EXECUTE FUNCTION neutron.free_floating_ip();

-- A floating IP that forwards nothing any more needs no router.
CREATE FUNCTION neutron.free_forwarding_ip() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE neutron.floating_ips i SET router_id = NULL, status = 'DOWN', updated_at = now()
  WHERE i.id = OLD.floatingip_id AND i.port_id IS NULL AND i.router_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM neutron.port_forwardings f WHERE f.floatingip_id = i.id);
  RETURN NULL;
END
$$;
CREATE TRIGGER free_forwarding_ip AFTER DELETE ON neutron.port_forwardings FOR EACH ROW
  EXECUTE FUNCTION neutron.free_forwarding_ip();
