-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "swift";

-- CreateTable
CREATE TABLE "swift"."containers" (
    "project_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "containers_pkey" PRIMARY KEY ("project_id","name")
);

-- CreateTable
CREATE TABLE "swift"."objects" (
    "project_id" TEXT NOT NULL,
    "container" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "location" TEXT NOT NULL,
    "size" BIGINT NOT NULL,
    "etag" TEXT NOT NULL,
    "content_type" TEXT NOT NULL,
    "metadata" JSONB NOT NULL DEFAULT '{}',
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "objects_pkey" PRIMARY KEY ("project_id","container","name")
);

-- AddForeignKey
ALTER TABLE "swift"."objects" ADD CONSTRAINT "objects_project_id_container_fkey" FOREIGN KEY ("project_id", "container") REFERENCES "swift"."containers"("project_id", "name") ON DELETE RESTRICT ON UPDATE CASCADE;
