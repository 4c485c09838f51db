-- AlterTable
ALTER TABLE "outbox"."workflow_starts" ADD COLUMN     "held" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "project_id" TEXT;

-- What waits is counted and ordered by project, and there is none of it but under load. Prisma's schema cannot say this, nor
-- the next one.
CREATE INDEX "workflow_starts_held_idx" ON "outbox"."workflow_starts"("project_id", "created_at") WHERE "held";

-- A quota's usage is summed up from the index alone at each request for a server.
CREATE INDEX "servers_quota_idx" ON "nova"."servers"("project_id") INCLUDE ("vcpus", "ram") WHERE "deleted_at" IS NULL;

-- What was deleted long ago is found by its date and removed (workflows/purge).
CREATE INDEX "servers_deleted_idx" ON "nova"."servers"("deleted_at") WHERE "deleted_at" IS NOT NULL;
