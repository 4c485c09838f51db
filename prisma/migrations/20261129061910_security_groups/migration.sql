-- CreateTable
CREATE TABLE "neutron"."security_groups" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL DEFAULT '',
    "description" TEXT NOT NULL DEFAULT '',
    "project_id" TEXT NOT NULL,
    "stateful" BOOLEAN NOT NULL DEFAULT true,
    "default_of" TEXT,
    "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "revision_number" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "security_groups_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "neutron"."security_group_rules" (
    "id" TEXT NOT NULL,
    "description" TEXT DEFAULT '',
    "project_id" TEXT NOT NULL,
    "security_group_id" TEXT NOT NULL,
    "direction" TEXT NOT NULL,
    "ethertype" TEXT NOT NULL DEFAULT 'IPv4',
    "protocol" TEXT,
    "port_range_min" INTEGER,
    "port_range_max" INTEGER,
    "remote_ip_prefix" TEXT,
    "normalized_cidr" TEXT,
    "remote_group_id" TEXT,
    "remote_address_group_id" TEXT,
    "match" TEXT NOT NULL,
    "revision_number" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "security_group_rules_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "neutron"."port_security_groups" (
    "port_id" TEXT NOT NULL,
    "security_group_id" TEXT NOT NULL,

    CONSTRAINT "port_security_groups_pkey" PRIMARY KEY ("port_id","security_group_id")
);

-- CreateTable
CREATE TABLE "neutron"."default_security_group_rules" (
    "id" TEXT NOT NULL,
    "description" TEXT DEFAULT '',
    "direction" TEXT NOT NULL,
    "ethertype" TEXT NOT NULL,
    "protocol" TEXT,
    "port_range_min" INTEGER,
    "port_range_max" INTEGER,
    "remote_ip_prefix" TEXT,
    "normalized_cidr" TEXT,
    "remote_group_id" TEXT,
    "remote_address_group_id" TEXT,
    "used_in_default_sg" BOOLEAN NOT NULL,
    "used_in_non_default_sg" BOOLEAN NOT NULL,
    "match" TEXT NOT NULL,
    "revision_number" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "default_security_group_rules_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "neutron"."security_groups_default_statefulness" (
    "id" TEXT NOT NULL,
    "project_id" TEXT,
    "stateful" BOOLEAN NOT NULL DEFAULT true,

    CONSTRAINT "security_groups_default_statefulness_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "security_groups_default_of_key" ON "neutron"."security_groups"("default_of");

-- CreateIndex
CREATE INDEX "security_groups_project_id_created_at_idx" ON "neutron"."security_groups"("project_id", "created_at");

-- CreateIndex
CREATE INDEX "security_groups_name_idx" ON "neutron"."security_groups"("name");

-- CreateIndex
CREATE INDEX "security_group_rules_project_id_idx" ON "neutron"."security_group_rules"("project_id");

-- CreateIndex
CREATE INDEX "security_group_rules_remote_group_id_idx" ON "neutron"."security_group_rules"("remote_group_id");

-- CreateIndex
CREATE INDEX "security_group_rules_remote_address_group_id_idx" ON "neutron"."security_group_rules"("remote_address_group_id");

-- CreateIndex
CREATE UNIQUE INDEX "security_group_rules_security_group_id_match_key" ON "neutron"."security_group_rules"("security_group_id", "match");

-- CreateIndex
CREATE INDEX "port_security_groups_security_group_id_idx" ON "neutron"."port_security_groups"("security_group_id");

-- CreateIndex
CREATE UNIQUE INDEX "security_groups_default_statefulness_project_id_key" ON "neutron"."security_groups_default_statefulness"("project_id");

-- AddForeignKey
ALTER TABLE "neutron"."security_group_rules" ADD CONSTRAINT "security_group_rules_security_group_id_fkey" FOREIGN KEY ("security_group_id") REFERENCES "neutron"."security_groups"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."security_group_rules" ADD CONSTRAINT "security_group_rules_remote_group_id_fkey" FOREIGN KEY ("remote_group_id") REFERENCES "neutron"."security_groups"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."security_group_rules" ADD CONSTRAINT "security_group_rules_remote_address_group_id_fkey" FOREIGN KEY ("remote_address_group_id") REFERENCES "neutron"."address_groups"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."port_security_groups" ADD CONSTRAINT "port_security_groups_port_id_fkey" FOREIGN KEY ("port_id") REFERENCES "neutron"."ports"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "neutron"."port_security_groups" ADD CONSTRAINT "port_security_groups_security_group_id_fkey" FOREIGN KEY ("security_group_id") REFERENCES "neutron"."security_groups"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- The rules that Neutron begins with: everything out, and into a project's default group what comes from its members.
INSERT INTO "neutron"."default_security_group_rules"
  ("id", "direction", "ethertype", "remote_group_id", "used_in_default_sg", "used_in_non_default_sg", "match") VALUES
  ('5d51b4f6-8f4c-4f0e-9d43-0c7c5b0f7a01', 'egress', 'IPv4', NULL, true, true, 'egress_IPv4_+_+_+_+_+_+'),
  ('5d51b4f6-8f4c-4f0e-9d43-0c7c5b0f7a02', 'egress', 'IPv6', NULL, true, true, 'egress_IPv6_+_+_+_+_+_+'),
  ('5d51b4f6-8f4c-4f0e-9d43-0c7c5b0f7a03', 'ingress', 'IPv4', 'PARENT', true, false, 'ingress_IPv4_+_+_+_PARENT_+_+'),
  ('5d51b4f6-8f4c-4f0e-9d43-0c7c5b0f7a04', 'ingress', 'IPv6', 'PARENT', true, false, 'ingress_IPv6_+_+_+_PARENT_+_+');

-- Ports from before come into their project's default group, as they would if they were made now.
INSERT INTO "neutron"."security_groups" ("id", "name", "description", "project_id", "default_of")
  SELECT gen_random_uuid()::text, 'default', 'Default security group', "project_id", "project_id" FROM (
    SELECT DISTINCT "project_id" FROM "neutron"."ports"
    WHERE "port_security_enabled" AND "project_id" <> '' AND "device_owner" NOT LIKE 'network:%') AS "projects";
INSERT INTO "neutron"."security_group_rules"
  ("id", "project_id", "security_group_id", "direction", "ethertype", "remote_group_id", "match")
  SELECT gen_random_uuid()::text, g."project_id", g."id", d."direction", d."ethertype",
    CASE WHEN d."remote_group_id" IS NULL THEN NULL ELSE g."id" END, replace(d."match", 'PARENT', g."id")
  FROM "neutron"."security_groups" g, "neutron"."default_security_group_rules" d WHERE d."used_in_default_sg";
INSERT INTO "neutron"."port_security_groups" ("port_id", "security_group_id")
  SELECT p."id", g."id" FROM "neutron"."ports" p JOIN "neutron"."security_groups" g ON g."default_of" = p."project_id"
  WHERE p."port_security_enabled" AND p."device_owner" NOT LIKE 'network:%';
