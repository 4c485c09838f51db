-- AlterTable
ALTER TABLE "neutron"."auto_allocated_topologies" ALTER COLUMN "router_id" DROP NOT NULL;

-- CreateTable
CREATE TABLE "neutron"."segments" (
    "id" TEXT NOT NULL,
    "network_id" TEXT NOT NULL,
    "name" TEXT,
    "description" TEXT,
    "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "revision_number" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "segments_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "neutron"."rbac_policies" (
    "id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "target_project" TEXT NOT NULL,
    "network_id" TEXT,
    "qos_policy_id" TEXT,
    "security_group_id" TEXT,
    "address_scope_id" TEXT,
    "subnetpool_id" TEXT,
    "address_group_id" TEXT,

    CONSTRAINT "rbac_policies_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "segments_network_id_key" ON "neutron"."segments"("network_id");

-- CreateIndex
CREATE INDEX "rbac_policies_project_id_idx" ON "neutron"."rbac_policies"("project_id");

-- CreateIndex
CREATE INDEX "rbac_policies_target_project_idx" ON "neutron"."rbac_policies"("target_project");

-- CreateIndex
CREATE UNIQUE INDEX "rbac_policies_network_id_action_target_project_key" ON "neutron"."rbac_policies"("network_id", "action", "target_project");

-- CreateIndex
CREATE UNIQUE INDEX "rbac_policies_qos_policy_id_action_target_project_key" ON "neutron"."rbac_policies"("qos_policy_id", "action", "target_project");

-- CreateIndex
CREATE UNIQUE INDEX "rbac_policies_security_group_id_action_target_project_key" ON "neutron"."rbac_policies"("security_group_id", "action", "target_project");

-- CreateIndex
CREATE UNIQUE INDEX "rbac_policies_address_scope_id_action_target_project_key" ON "neutron"."rbac_policies"("address_scope_id", "action", "target_project");

-- CreateIndex
CREATE UNIQUE INDEX "rbac_policies_subnetpool_id_action_target_project_key" ON "neutron"."rbac_policies"("subnetpool_id", "action", "target_project");

-- CreateIndex
CREATE UNIQUE INDEX "rbac_policies_address_group_id_action_target_project_key" ON "neutron"."rbac_policies"("address_group_id", "action", "target_project");

-- AddForeignKey
ALTER TABLE "neutron"."auto_allocated_topologies" ADD CONSTRAINT "auto_allocated_topologies_network_id_fkey" FOREIGN KEY ("network_id") REFERENCES "neutron"."networks"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."auto_allocated_topologies" ADD CONSTRAINT "auto_allocated_topologies_router_id_fkey" FOREIGN KEY ("router_id") REFERENCES "neutron"."routers"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."segments" ADD CONSTRAINT "segments_network_id_fkey" FOREIGN KEY ("network_id") REFERENCES "neutron"."networks"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."rbac_policies" ADD CONSTRAINT "rbac_policies_network_id_fkey" FOREIGN KEY ("network_id") REFERENCES "neutron"."networks"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."rbac_policies" ADD CONSTRAINT "rbac_policies_qos_policy_id_fkey" FOREIGN KEY ("qos_policy_id") REFERENCES "neutron"."qos_policies"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."rbac_policies" ADD CONSTRAINT "rbac_policies_security_group_id_fkey" FOREIGN KEY ("security_group_id") REFERENCES "neutron"."security_groups"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."rbac_policies" ADD CONSTRAINT "rbac_policies_address_scope_id_fkey" FOREIGN KEY ("address_scope_id") REFERENCES "neutron"."address_scopes"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."rbac_policies" ADD CONSTRAINT "rbac_policies_subnetpool_id_fkey" FOREIGN KEY ("subnetpool_id") REFERENCES "neutron"."subnet_pools"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."rbac_policies" ADD CONSTRAINT "rbac_policies_address_group_id_fkey" FOREIGN KEY ("address_group_id") REFERENCES "neutron"."address_groups"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- That a thing is shared with all, and the policy that says so, are one fact (neutron/objects/rbac_db.py: update_shared), whichever
-- of them is written. TG_ARGV: the column of the policies that names the thing.
CREATE FUNCTION neutron.record_sharing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.shared THEN
    EXECUTE format(
      'INSERT INTO neutron.rbac_policies (id, project_id, action, target_project, %I)
       VALUES (gen_random_uuid()::text, $1, ''access_as_shared'', ''*'', $2) ON CONFLICT DO NOTHING', TG_ARGV[0])
    USING NEW.project_id, NEW.id;
  ELSE
    EXECUTE format(
      'DELETE FROM neutron.rbac_policies WHERE %I = $1 AND action = ''access_as_shared'' AND target_project = ''*''', TG_ARGV[0])
    USING NEW.id;
  END IF;
  RETURN NULL;
END
$$;

-- A network that comes to be external is so for all, unless a policy has said for whom; one that no longer is has no such policies.
CREATE FUNCTION neutron.record_external() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.external THEN
    INSERT INTO neutron.rbac_policies (id, project_id, action, target_project, network_id)
    SELECT gen_random_uuid()::text, NEW.project_id, 'access_as_external', '*', NEW.id
    WHERE NOT EXISTS (
      SELECT 1 FROM neutron.rbac_policies WHERE network_id = NEW.id AND action = 'access_as_external');
  ELSE
    DELETE FROM neutron.rbac_policies WHERE network_id = NEW.id AND action = 'access_as_external';
  END IF;
  RETURN NULL;
END
$$;

CREATE FUNCTION neutron.follow_policy() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  -- One of them may be null; what is in a policy beside its target does not change.
  policy neutron.rbac_policies := COALESCE(NEW, OLD);
  was_for_all boolean := TG_OP <> 'INSERT' AND OLD.target_project = '*';
  is_for_all boolean := TG_OP <> 'DELETE' AND NEW.target_project = '*';
BEGIN
  IF policy.action <> 'access_as_shared' OR was_for_all = is_for_all THEN
    RETURN NULL;
  END IF;
  UPDATE neutron.networks SET shared = is_for_all WHERE id = policy.network_id AND shared <> is_for_all;
  UPDATE neutron.qos_policies SET shared = is_for_all WHERE id = policy.qos_policy_id AND shared <> is_for_all;
  UPDATE neutron.address_scopes SET shared = is_for_all WHERE id = policy.address_scope_id AND shared <> is_for_all;
  UPDATE neutron.subnet_pools SET shared = is_for_all WHERE id = policy.subnetpool_id AND shared <> is_for_all;
  RETURN NULL;
END
$$;

-- Those of what is shared and external already.
INSERT INTO neutron.rbac_policies (id, project_id, action, target_project, network_id)
SELECT gen_random_uuid()::text, project_id, 'access_as_shared', '*', id FROM neutron.networks WHERE shared
UNION ALL SELECT gen_random_uuid()::text, project_id, 'access_as_external', '*', id FROM neutron.networks WHERE external;
INSERT INTO neutron.rbac_policies (id, project_id, action, target_project, qos_policy_id)
SELECT gen_random_uuid()::text, project_id, 'access_as_shared', '*', id FROM neutron.qos_policies WHERE shared;
INSERT INTO neutron.rbac_policies (id, project_id, action, target_project, address_scope_id)
SELECT gen_random_uuid()::text, project_id, 'access_as_shared', '*', id FROM neutron.address_scopes WHERE shared;
INSERT INTO neutron.rbac_policies (id, project_id, action, target_project, subnetpool_id)
SELECT gen_random_uuid()::text, project_id, 'access_as_shared', '*', id FROM neutron.subnet_pools WHERE shared;

-- A new thing that is not shared has no policies to look for.
CREATE TRIGGER records_sharing_of_new AFTER INSERT ON neutron.networks FOR EACH ROW
  WHEN (NEW.shared) EXECUTE FUNCTION neutron.record_sharing('network_id');
CREATE TRIGGER records_sharing AFTER UPDATE ON neutron.networks FOR EACH ROW
  WHEN (NEW.shared <> OLD.shared) EXECUTE FUNCTION neutron.record_sharing('network_id');
CREATE TRIGGER records_external_of_new AFTER INSERT ON neutron.networks FOR EACH ROW
  WHEN (NEW.external) EXECUTE FUNCTION neutron.record_external();
CREATE TRIGGER records_external AFTER UPDATE ON neutron.networks FOR EACH ROW
  WHEN (NEW.external <> OLD.external) EXECUTE FUNCTION neutron.record_external();
CREATE TRIGGER records_sharing_of_new AFTER INSERT ON neutron.qos_policies FOR EACH ROW
  WHEN (NEW.shared) EXECUTE FUNCTION neutron.record_sharing('qos_policy_id');
CREATE TRIGGER records_sharing AFTER UPDATE ON neutron.qos_policies FOR EACH ROW
  WHEN (NEW.shared <> OLD.shared) EXECUTE FUNCTION neutron.record_sharing('qos_policy_id');
CREATE TRIGGER records_sharing_of_new AFTER INSERT ON neutron.address_scopes FOR EACH ROW
  WHEN (NEW.shared) EXECUTE FUNCTION neutron.record_sharing('address_scope_id');
CREATE TRIGGER records_sharing AFTER UPDATE ON neutron.address_scopes FOR EACH ROW
  WHEN (NEW.shared <> OLD.shared) EXECUTE FUNCTION neutron.record_sharing('address_scope_id');
CREATE TRIGGER records_sharing_of_new AFTER INSERT ON neutron.subnet_pools FOR EACH ROW
  WHEN (NEW.shared) EXECUTE FUNCTION neutron.record_sharing('subnetpool_id');
CREATE TRIGGER records_sharing AFTER UPDATE ON neutron.subnet_pools FOR EACH ROW
  WHEN (NEW.shared <> OLD.shared) EXECUTE FUNCTION neutron.record_sharing('subnetpool_id');
CREATE TRIGGER follows_policy AFTER INSERT OR UPDATE OR DELETE ON neutron.rbac_policies FOR EACH ROW
  EXECUTE FUNCTION neutron.follow_policy();

CREATE FUNCTION neutron.make_segment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO neutron.segments (id, network_id) VALUES (gen_random_uuid()::text, NEW.id);
  RETURN NULL;
END
$$;
CREATE TRIGGER makes_segment AFTER INSERT ON neutron.networks FOR EACH ROW EXECUTE FUNCTION neutron.make_segment();

INSERT INTO neutron.segments (id, network_id, created_at, updated_at)
SELECT gen_random_uuid()::text, id, created_at, created_at FROM neutron.networks;
