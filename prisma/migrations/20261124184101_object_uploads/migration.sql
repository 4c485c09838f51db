-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "objects";

-- AlterTable
ALTER TABLE "glance"."images" ADD COLUMN     "upload_id" TEXT;

-- AlterTable
ALTER TABLE "swift"."containers" ADD COLUMN     "metadata" JSONB NOT NULL DEFAULT '{}';

-- AlterTable
ALTER TABLE "swift"."objects" ADD COLUMN     "headers" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "replaced" TEXT;

-- CreateTable
CREATE TABLE "objects"."uploads" (
    "name" TEXT NOT NULL,
    "seen_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "abandoned" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "uploads_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "swift"."accounts" (
    "project_id" TEXT NOT NULL,
    "metadata" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "accounts_pkey" PRIMARY KEY ("project_id")
);

-- CreateIndex
CREATE INDEX "images_location_idx" ON "glance"."images"("location");

-- CreateIndex
CREATE INDEX "images_upload_id_idx" ON "glance"."images"("upload_id");

-- CreateIndex
CREATE INDEX "objects_location_idx" ON "swift"."objects"("location");
