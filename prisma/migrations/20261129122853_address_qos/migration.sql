-- AlterTable
ALTER TABLE "neutron"."routers" ADD COLUMN     "qos_policy_id" TEXT;

-- AlterTable
ALTER TABLE "neutron"."floating_ips" ADD COLUMN     "qos_policy_id" TEXT;

-- CreateIndex
CREATE INDEX "routers_qos_policy_id_idx" ON "neutron"."routers"("qos_policy_id");

-- CreateIndex
CREATE INDEX "floating_ips_qos_policy_id_idx" ON "neutron"."floating_ips"("qos_policy_id");

-- AddForeignKey
ALTER TABLE "neutron"."routers" ADD CONSTRAINT "routers_qos_policy_id_fkey" FOREIGN KEY ("qos_policy_id") REFERENCES "neutron"."qos_policies"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."floating_ips" ADD CONSTRAINT "floating_ips_qos_policy_id_fkey" FOREIGN KEY ("qos_policy_id") REFERENCES "neutron"."qos_policies"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What prisma/schema cannot say.
-- A policy of a floating IP is told of as what it stands for is.
DROP TRIGGER tell_hosts ON neutron.floating_ips;
CREATE TRIGGER tell_hosts AFTER INSERT OR DELETE OR UPDATE OF router_id, fixed_ip_address, qos_policy_id
  ON neutron.floating_ips FOR EACH ROW EXECUTE FUNCTION neutron.tell_hosts('router', 'router_id');

-- A rule is told to the hosts of the ports, and of the routers, that its policy holds for: by itself, or as that of their network.
CREATE OR REPLACE FUNCTION neutron.tell_hosts_of_qos() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  changed text := COALESCE(to_jsonb(NEW)->>'policy_id', to_jsonb(OLD)->>'policy_id');
BEGIN
  INSERT INTO neutron.host_changes (kind, key)
  SELECT DISTINCT 'host', binding_host_id FROM neutron.ports WHERE qos_policy_id = changed AND binding_host_id <> ''
  UNION ALL SELECT 'network', id FROM neutron.networks WHERE qos_policy_id = changed
  UNION ALL SELECT 'router', id FROM neutron.routers WHERE qos_policy_id = changed
  UNION ALL SELECT DISTINCT 'router', router_id FROM neutron.floating_ips WHERE qos_policy_id = changed AND router_id IS NOT NULL;
  RETURN NULL;
END
$$;
