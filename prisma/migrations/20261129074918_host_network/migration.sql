-- Roles report again within seconds, and as what they are now.
DELETE FROM "neutron"."agents";

-- AlterTable
ALTER TABLE "neutron"."agents" DROP CONSTRAINT "agents_pkey",
DROP COLUMN "facts",
DROP COLUMN "updated_at",
ADD COLUMN     "admin_state_up" BOOLEAN NOT NULL DEFAULT true,
ADD COLUMN     "agent_type" TEXT NOT NULL,
ADD COLUMN     "availability_zone" TEXT,
ADD COLUMN     "binary" TEXT NOT NULL,
ADD COLUMN     "configurations" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
ADD COLUMN     "description" TEXT,
ADD COLUMN     "heartbeat_timestamp" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
ADD COLUMN     "id" TEXT NOT NULL,
ADD COLUMN     "started_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
ADD COLUMN     "topic" TEXT NOT NULL DEFAULT 'N/A',
ADD CONSTRAINT "agents_pkey" PRIMARY KEY ("id");

-- CreateTable
CREATE TABLE "neutron"."network_dhcp_agents" (
    "network_id" TEXT NOT NULL,
    "agent_id" TEXT NOT NULL,

    CONSTRAINT "network_dhcp_agents_pkey" PRIMARY KEY ("network_id","agent_id")
);

-- CreateTable
CREATE TABLE "neutron"."host_changes" (
    "id" BIGSERIAL NOT NULL,
    "kind" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "changed_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "host_changes_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "network_dhcp_agents_agent_id_idx" ON "neutron"."network_dhcp_agents"("agent_id");

-- CreateIndex
CREATE INDEX "host_changes_changed_at_idx" ON "neutron"."host_changes"("changed_at");

-- CreateIndex
CREATE INDEX "ports_binding_host_id_idx" ON "neutron"."ports"("binding_host_id");

-- CreateIndex
CREATE UNIQUE INDEX "agents_host_agent_type_key" ON "neutron"."agents"("host", "agent_type");

-- AddForeignKey
ALTER TABLE "neutron"."network_dhcp_agents" ADD CONSTRAINT "network_dhcp_agents_network_id_fkey" FOREIGN KEY ("network_id") REFERENCES "neutron"."networks"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."network_dhcp_agents" ADD CONSTRAINT "network_dhcp_agents_agent_id_fkey" FOREIGN KEY ("agent_id") REFERENCES "neutron"."agents"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What prisma/schema cannot say.
-- The DHCP ports are looked for in each turn of the schedule, and are few among the ports of guests.
CREATE INDEX "ports_dhcp" ON "neutron"."ports"("network_id") WHERE device_owner = 'network:dhcp';

-- Says which parts of what hosts are told have changed. Its arguments are pairs: what a part is, and the column that names it.
CREATE FUNCTION neutron.tell_hosts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{}' ELSE to_jsonb(OLD) END;
  becomes jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{}' ELSE to_jsonb(NEW) END;
BEGIN
  INSERT INTO neutron.host_changes (kind, key)
  SELECT DISTINCT TG_ARGV[i], key
  FROM generate_series(0, TG_NARGS - 1, 2) i, LATERAL (VALUES (was->>TG_ARGV[i + 1]), (becomes->>TG_ARGV[i + 1])) named(key)
  WHERE key <> '';
  RETURN NULL;
END
$$;

-- A port's addresses are members of its security groups, which rules on any host may name.
CREATE FUNCTION neutron.tell_hosts_of_member() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO neutron.host_changes (kind, key)
  SELECT 'security_group', security_group_id FROM neutron.port_security_groups WHERE port_id = NEW.id;
  RETURN NULL;
END
$$;

CREATE TRIGGER tell_hosts AFTER INSERT OR DELETE OR UPDATE OF mac_address, admin_state_up, binding_host_id, revision_number
  ON neutron.ports FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts('network', 'network_id', 'host', 'binding_host_id');
CREATE TRIGGER tell_hosts_of_member AFTER UPDATE OF revision_number
  ON neutron.ports FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts_of_member();
CREATE TRIGGER tell_hosts AFTER UPDATE OF revision_number
  ON neutron.networks FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts('network', 'id');
CREATE TRIGGER tell_hosts AFTER INSERT OR DELETE OR UPDATE
  ON neutron.subnets FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts('network', 'network_id');
CREATE TRIGGER tell_hosts AFTER INSERT OR DELETE
  ON neutron.network_dhcp_agents FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts('network', 'network_id');
CREATE TRIGGER tell_hosts AFTER UPDATE OF addresses
  ON neutron.address_groups FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts('address_group', 'id');
CREATE TRIGGER tell_hosts AFTER UPDATE OF stateful
  ON neutron.security_groups FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts('security_group', 'id');
CREATE TRIGGER tell_hosts AFTER INSERT OR DELETE OR UPDATE
  ON neutron.security_group_rules FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts('security_group', 'security_group_id');
CREATE TRIGGER tell_hosts AFTER INSERT OR DELETE
  ON neutron.port_security_groups FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts('security_group', 'security_group_id');
CREATE TRIGGER tell_hosts AFTER INSERT OR DELETE OR UPDATE
  ON neutron.routers FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts('router', 'id', 'host', 'host');
CREATE TRIGGER tell_hosts AFTER INSERT OR DELETE
  ON neutron.router_ports FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts('router', 'router_id');
CREATE TRIGGER tell_hosts AFTER INSERT OR UPDATE OF host, configurations
  ON neutron.agents FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts('host', 'host');
CREATE TRIGGER tell_hosts AFTER INSERT OR DELETE OR UPDATE OF router_id, fixed_ip_address
  ON neutron.floating_ips FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts('router', 'router_id');

-- A forwarding is told of by its floating IP's router.
CREATE FUNCTION neutron.tell_hosts_of_forwarding() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO neutron.host_changes (kind, key)
  SELECT 'router', router_id FROM neutron.floating_ips
  WHERE id IN (to_jsonb(OLD)->>'floatingip_id', to_jsonb(NEW)->>'floatingip_id') AND router_id IS NOT NULL;
  RETURN NULL;
END
$$;
CREATE TRIGGER tell_hosts AFTER INSERT OR DELETE OR UPDATE
  ON neutron.port_forwardings FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts_of_forwarding();
