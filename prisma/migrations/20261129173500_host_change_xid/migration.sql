-- DropIndex
DROP INDEX "neutron"."host_changes_changed_at_idx";

-- AlterTable
ALTER TABLE "neutron"."host_changes" ADD COLUMN "xid" BIGINT NOT NULL DEFAULT ((pg_current_xact_id())::text)::bigint;

-- CreateIndex
CREATE INDEX "host_changes_xid_idx" ON "neutron"."host_changes"("xid");
