-- AlterTable
ALTER TABLE "aodh"."alarms" ADD COLUMN     "severity_rank" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "aodh"."alarm_history" ADD COLUMN     "severity_rank" INTEGER NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "neutron"."port_sightings" (
    "port_id" TEXT NOT NULL,
    "host" TEXT NOT NULL,
    "server_id" TEXT NOT NULL,
    "plugged_at" TIMESTAMPTZ(6),
    "leased_at" TIMESTAMPTZ(6),
    "leased_address" TEXT,
    "asked_at" TIMESTAMPTZ(6),

    CONSTRAINT "port_sightings_pkey" PRIMARY KEY ("port_id")
);

-- CreateIndex
CREATE INDEX "port_sightings_server_id_idx" ON "neutron"."port_sightings"("server_id");

-- CreateIndex
CREATE INDEX "alarms_project_id_severity_rank_alarm_id_idx" ON "aodh"."alarms"("project_id", "severity_rank", "alarm_id");

-- CreateIndex
CREATE INDEX "alarm_history_alarm_id_severity_rank_event_id_idx" ON "aodh"."alarm_history"("alarm_id", "severity_rank", "event_id");

-- AddForeignKey
ALTER TABLE "neutron"."port_sightings" ADD CONSTRAINT "port_sightings_port_id_fkey" FOREIGN KEY ("port_id") REFERENCES "neutron"."ports"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- From low to critical: what the order of the words is not.
CREATE FUNCTION aodh.rank_severity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.severity_rank := COALESCE(array_position(ARRAY['low', 'moderate', 'critical'], NEW.severity), 0);
  RETURN NEW;
END $$;
CREATE TRIGGER rank_severity BEFORE INSERT OR UPDATE OF severity ON aodh.alarms
  FOR EACH ROW EXECUTE FUNCTION aodh.rank_severity();
CREATE TRIGGER rank_severity BEFORE INSERT OR UPDATE OF severity ON aodh.alarm_history
  FOR EACH ROW EXECUTE FUNCTION aodh.rank_severity();
UPDATE aodh.alarms SET severity = severity;
UPDATE aodh.alarm_history SET severity = severity;
