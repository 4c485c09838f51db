-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "audit";

-- CreateTable
CREATE TABLE "audit"."runs" (
    "id" SERIAL NOT NULL,
    "started_at" TIMESTAMPTZ(6) NOT NULL,
    "finished_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "trigger" TEXT NOT NULL,
    "orphans" JSONB NOT NULL,
    "healed" JSONB NOT NULL,
    "unreachable" TEXT[],

    CONSTRAINT "runs_pkey" PRIMARY KEY ("id")
);
