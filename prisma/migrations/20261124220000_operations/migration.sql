-- Operations are records: instance actions, the outbox and what is under way become one table.
CREATE SCHEMA IF NOT EXISTS "operations";

-- AlterTable
ALTER TABLE "nova"."servers" RENAME COLUMN "boot_round" TO "generation";
ALTER TABLE "nova"."servers" ADD COLUMN     "operation_id" TEXT;

-- AlterTable
ALTER TABLE "cinder"."volumes" ADD COLUMN     "operation_id" TEXT;

-- CreateTable
CREATE TABLE "operations"."operations" (
    "id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "action" TEXT,
    "resource_type" TEXT NOT NULL,
    "resource_id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "request_id" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "input" JSONB NOT NULL,
    "story" JSONB NOT NULL,
    "steps" JSONB NOT NULL DEFAULT '[]',
    "message" TEXT,
    "replaces" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "last_error" TEXT,
    "next_attempt_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "requested_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "started_at" TIMESTAMPTZ(6),
    "finished_at" TIMESTAMPTZ(6),

    CONSTRAINT "operations_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "operations_resource_id_requested_at_idx" ON "operations"."operations"("resource_id", "requested_at");

-- Those that have not ended are few among all that ever were: what is due, what is held, what is under way. Prisma's schema
-- cannot say this.
CREATE INDEX "operations_due_idx" ON "operations"."operations"("next_attempt_at") WHERE "state" = 'requested';
CREATE INDEX "operations_held_idx" ON "operations"."operations"("project_id", "requested_at") WHERE "state" = 'held';
CREATE INDEX "operations_open_idx" ON "operations"."operations"("kind", "state") WHERE "finished_at" IS NULL;

-- Instance actions become operations, with their events as steps. A boot or a delete that has not ended is begun again: by
-- the same ids, which were all chosen with its request, and under a fence above all that it did before. Workflows of the
-- older version that did the same are ended first.
INSERT INTO "operations"."operations"
  (id, kind, action, resource_type, resource_id, project_id, user_id, request_id, state, input, story, steps, message,
   replaces, next_attempt_at, requested_at, updated_at, started_at, finished_at)
SELECT a.id, CASE a.action WHEN 'create' THEN 'bootServer' ELSE 'deleteServer' END, a.action, 'server', a.server_id,
  a.project_id, a.user_id, a.request_id,
  CASE WHEN a.again THEN CASE WHEN COALESCE(a.held, false) THEN 'held' ELSE 'requested' END
       WHEN a.message = 'Error' THEN 'failed'
       WHEN a.finish_time IS NULL THEN 'undone'
       ELSE 'done' END,
  CASE a.action
    WHEN 'create' THEN COALESCE(a.spec - 'schedulerHints', '{}') || jsonb_build_object('generation', a.generation + a.generation % 2)
    ELSE jsonb_build_object('serverId', a.server_id) END,
  jsonb_build_object('summary', CASE a.action WHEN 'create' THEN 'Boot ' ELSE 'Delete ' END || a.name,
    'details', 'Requested by ' || a.request_id),
  COALESCE((
    SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
        'step', regexp_replace(e.event, '^undo ', ''),
        'status', CASE WHEN e.event LIKE 'undo %' THEN 'undone' WHEN e.result = 'Error' THEN 'failed' ELSE 'done' END,
        'startedAt', e.start_time, 'finishedAt', e.finish_time, 'host', e.host, 'detail', e.details)) ORDER BY e.position)
    FROM "nova"."instance_action_events" e WHERE e.action_id = a.id), '[]'),
  a.message,
  CASE WHEN a.again THEN ARRAY['delete-server/' || a.server_id, 'boot-server/' || a.server_id] ELSE ARRAY[]::TEXT[] END,
  now(), a.start_time, a.updated_at, a.start_time,
  CASE WHEN a.again THEN NULL ELSE COALESCE(a.finish_time, now()) END
FROM (
  SELECT a.*, s.name, s.generation, r.spec, o.held,
    s.deleted_at IS NULL AND (
      (a.action = 'create' AND s.vm_state = 'building' AND s.task_state IS DISTINCT FROM 'deleting')
      OR (a.action = 'delete' AND s.task_state = 'deleting')) AS again
  FROM "nova"."instance_actions" a
  JOIN "nova"."servers" s ON s.id = a.server_id
  LEFT JOIN "nova"."request_specs" r ON r.server_id = a.server_id
  LEFT JOIN "outbox"."workflow_starts" o ON o.workflow_id = 'boot-server/' || a.server_id) a;

-- The same for volumes, whose operations had no record.
INSERT INTO "operations"."operations"
  (id, kind, resource_type, resource_id, project_id, user_id, request_id, state, input, story, replaces, requested_at)
SELECT gen_random_uuid()::text, CASE status WHEN 'creating' THEN 'createVolume' ELSE 'deleteVolume' END, 'volume', id,
  project_id, user_id, 'req-' || gen_random_uuid(), 'requested',
  jsonb_strip_nulls(CASE status
    WHEN 'creating' THEN jsonb_build_object('volumeId', id, 'sizeGb', size, 'imageId', image_id)
    ELSE jsonb_build_object('volumeId', id, 'volumeHost', host) END),
  jsonb_build_object('summary', CASE status WHEN 'creating' THEN 'Create volume ' ELSE 'Delete volume ' END || COALESCE(NULLIF(name, ''), id),
    'details', 'Begun again after an upgrade'),
  ARRAY['create-volume/' || id, 'delete-volume/' || id], updated_at
FROM "cinder"."volumes" WHERE (status = 'creating' AND created_for_server IS NULL) OR status = 'deleting';

UPDATE "nova"."servers" s SET operation_id = o.id FROM "operations"."operations" o
WHERE o.resource_id = s.id AND o.finished_at IS NULL;
UPDATE "cinder"."volumes" v SET operation_id = o.id FROM "operations"."operations" o
WHERE o.resource_id = v.id AND o.finished_at IS NULL;

-- DropTable
DROP TABLE "nova"."instance_action_events";
DROP TABLE "nova"."instance_actions";
DROP SCHEMA "outbox" CASCADE;
