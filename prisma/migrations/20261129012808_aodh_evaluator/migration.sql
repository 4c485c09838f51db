-- AlterTable
ALTER TABLE "aodh"."alarms" ADD COLUMN     "alarm_count" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "insufficient_data_count" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "ok_count" INTEGER NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "aodh"."notifications" (
    "notification_id" TEXT NOT NULL,
    "alarm_id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "body" JSONB NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_attempt" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "notifications_pkey" PRIMARY KEY ("notification_id")
);

-- CreateTable
CREATE TABLE "aodh"."readers" (
    "name" TEXT NOT NULL,
    "cursor" TEXT NOT NULL,

    CONSTRAINT "readers_pkey" PRIMARY KEY ("name")
);

-- CreateIndex
CREATE INDEX "notifications_next_attempt_idx" ON "aodh"."notifications"("next_attempt");

-- CreateIndex
CREATE INDEX "alarms_enabled_evaluate_timestamp_idx" ON "aodh"."alarms"("enabled", "evaluate_timestamp");

-- CreateIndex
CREATE INDEX "alarm_history_timestamp_idx" ON "aodh"."alarm_history"("timestamp");
