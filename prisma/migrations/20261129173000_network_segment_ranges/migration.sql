-- AlterTable
ALTER TABLE "neutron"."networks" ALTER COLUMN "segmentation_id" DROP DEFAULT;
DROP SEQUENCE "neutron"."networks_segmentation_id_seq";

-- CreateTable
CREATE TABLE "neutron"."network_segment_ranges" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL DEFAULT '',
    "description" TEXT NOT NULL DEFAULT '',
    "default" BOOLEAN NOT NULL,
    "shared" BOOLEAN NOT NULL DEFAULT true,
    "project_id" TEXT,
    "network_type" TEXT NOT NULL,
    "physical_network" TEXT NOT NULL DEFAULT '',
    "minimum" INTEGER NOT NULL,
    "maximum" INTEGER NOT NULL,
    "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "revision_number" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "network_segment_ranges_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "network_segment_ranges_project_id_idx" ON "neutron"."network_segment_ranges"("project_id");

-- CreateIndex
CREATE INDEX "network_segment_ranges_minimum_idx" ON "neutron"."network_segment_ranges"("minimum");

-- What networks were given until now; the settings may say another one.
INSERT INTO neutron.network_segment_ranges (id, "default", network_type, minimum, maximum)
VALUES ('3f0a3c58-5a4e-4c1d-8f3e-6d2b7c9a1e01', true, 'vxlan', 1, 16777215);

-- A free one from `lowest` to `highest` that no other project has for itself alone, locked until the transaction ends; or null.
-- What another transaction is taking is passed by. Each statement sees what had committed when it began, so one that is free after
-- it was locked stays so.
CREATE FUNCTION neutron.free_segmentation_id_within(whose text, lowest integer, highest integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  candidate integer := lowest;
  beyond integer;
BEGIN
  WHILE candidate <= highest LOOP
    -- Ranges that are not of the settings do not overlap: the only one that can hold it is the one that begins last before it.
    SELECT one.maximum + 1 INTO beyond FROM (
      SELECT * FROM neutron.network_segment_ranges WHERE NOT "default" AND minimum <= candidate ORDER BY minimum DESC LIMIT 1
    ) one WHERE one.maximum >= candidate AND NOT one.shared AND one.project_id <> whose;
    IF FOUND THEN
      candidate := beyond;
    ELSIF NOT pg_try_advisory_xact_lock(hashtext('neutron.segmentation_id'), candidate) THEN
      candidate := candidate + 1;
    ELSE
      PERFORM 1 FROM neutron.networks WHERE segmentation_id = candidate;
      IF NOT FOUND THEN RETURN candidate; END IF;
      -- The first one behind those that are taken in a row.
      SELECT n.segmentation_id + 1 INTO candidate FROM neutron.networks n
      WHERE n.segmentation_id >= candidate
        AND NOT EXISTS (SELECT 1 FROM neutron.networks m WHERE m.segmentation_id = n.segmentation_id + 1)
      ORDER BY n.segmentation_id LIMIT 1;
    END IF;
  END LOOP;
  RETURN NULL;
END
$$;

-- One for a network of a project: of its own ranges, else of those that are shared, the default ones last; null where all are taken.
-- The search begins anywhere in a range, so that it does not pass all that are taken, and none is used again soon after its network went.
CREATE FUNCTION neutron.free_segmentation_id(whose text) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  place record;
  beginning integer;
  free integer;
BEGIN
  -- Who changes ranges holds it alone (takeTurn).
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('neutron/network_segment_ranges', 0));
  FOR place IN
    SELECT minimum, maximum FROM neutron.network_segment_ranges WHERE shared OR project_id = whose
    ORDER BY shared, "default", minimum
  LOOP
    beginning := place.minimum + floor(random() * (place.maximum - place.minimum + 1))::integer;
    free := COALESCE(
      neutron.free_segmentation_id_within(whose, beginning, place.maximum),
      neutron.free_segmentation_id_within(whose, place.minimum, beginning - 1));
    IF free IS NOT NULL THEN RETURN free; END IF;
  END LOOP;
  RETURN NULL;
END
$$;

-- Also one that is chosen by hand is seen by who looks for a free one, and by who makes a range smaller.
CREATE FUNCTION neutron.hold_segmentation_id() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('neutron/network_segment_ranges', 0));
  PERFORM pg_advisory_xact_lock(hashtext('neutron.segmentation_id'), NEW.segmentation_id);
  RETURN NEW;
END
$$;
CREATE TRIGGER holds_segmentation_id BEFORE INSERT OR UPDATE OF segmentation_id ON neutron.networks FOR EACH ROW
  EXECUTE FUNCTION neutron.hold_segmentation_id();
