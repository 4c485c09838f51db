-- AlterTable
ALTER TABLE "nova"."servers" ADD COLUMN     "disk_config" TEXT NOT NULL DEFAULT 'MANUAL',
ADD COLUMN     "injected_files" JSONB;

-- CreateTable
CREATE TABLE "nova"."conductors" (
    "host" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "conductors_pkey" PRIMARY KEY ("host")
);
