-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "aodh";

-- CreateTable
CREATE TABLE "aodh"."alarms" (
    "alarm_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "enabled" BOOLEAN NOT NULL,
    "type" TEXT NOT NULL,
    "severity" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "timestamp" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "state" TEXT NOT NULL,
    "state_reason" TEXT NOT NULL,
    "state_timestamp" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ok_actions" TEXT[],
    "alarm_actions" TEXT[],
    "insufficient_data_actions" TEXT[],
    "repeat_actions" BOOLEAN NOT NULL,
    "rule" JSONB NOT NULL,
    "time_constraints" JSONB NOT NULL,
    "whole_cloud" BOOLEAN NOT NULL,
    "evaluate_timestamp" TIMESTAMPTZ(6),

    CONSTRAINT "alarms_pkey" PRIMARY KEY ("alarm_id")
);

-- CreateTable
CREATE TABLE "aodh"."alarm_history" (
    "event_id" TEXT NOT NULL,
    "alarm_id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "severity" TEXT NOT NULL,
    "detail" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "on_behalf_of" TEXT NOT NULL,
    "timestamp" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "alarm_history_pkey" PRIMARY KEY ("event_id")
);

-- CreateTable
CREATE TABLE "aodh"."quotas" (
    "project_id" TEXT NOT NULL,
    "resource" TEXT NOT NULL,
    "hard_limit" INTEGER NOT NULL,

    CONSTRAINT "quotas_pkey" PRIMARY KEY ("project_id","resource")
);

-- CreateIndex
CREATE INDEX "alarms_project_id_timestamp_alarm_id_idx" ON "aodh"."alarms"("project_id", "timestamp", "alarm_id");

-- CreateIndex
CREATE INDEX "alarms_user_id_idx" ON "aodh"."alarms"("user_id");

-- CreateIndex
CREATE INDEX "alarms_name_idx" ON "aodh"."alarms"("name");

-- CreateIndex
CREATE INDEX "alarm_history_alarm_id_timestamp_event_id_idx" ON "aodh"."alarm_history"("alarm_id", "timestamp", "event_id");

-- CreateIndex
CREATE INDEX "alarm_history_on_behalf_of_timestamp_event_id_idx" ON "aodh"."alarm_history"("on_behalf_of", "timestamp", "event_id");

-- AddForeignKey
ALTER TABLE "aodh"."alarm_history" ADD CONSTRAINT "alarm_history_alarm_id_fkey" FOREIGN KEY ("alarm_id") REFERENCES "aodh"."alarms"("alarm_id") ON DELETE CASCADE ON UPDATE CASCADE;
