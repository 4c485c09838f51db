-- Domains become projects that act as one, as in Keystone.
ALTER TABLE "keystone"."projects" DROP CONSTRAINT "projects_domain_id_fkey";
ALTER TABLE "keystone"."users" DROP CONSTRAINT "users_domain_id_fkey";

ALTER TABLE "keystone"."projects" ADD COLUMN     "extra" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "is_domain" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "options" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "parent_id" TEXT,
ALTER COLUMN "domain_id" DROP NOT NULL;

UPDATE "keystone"."projects" SET "parent_id" = "domain_id";
INSERT INTO "keystone"."projects" ("id", "name", "enabled", "is_domain")
SELECT "id", "name", "enabled", true FROM "keystone"."domains";
DROP TABLE "keystone"."domains";

ALTER TABLE "keystone"."roles" ADD COLUMN     "description" TEXT,
ADD COLUMN     "options" JSONB NOT NULL DEFAULT '{}';
-- As keystone-manage bootstrap makes them.
UPDATE "keystone"."roles" SET "options" = '{"immutable": true}' WHERE "name" IN ('admin', 'manager', 'member', 'reader', 'service');

ALTER TABLE "keystone"."users" ADD COLUMN     "extra" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "options" JSONB NOT NULL DEFAULT '{}';

CREATE INDEX "projects_parent_id_idx" ON "keystone"."projects"("parent_id");
-- Prisma's schema language has no partial indexes.
CREATE UNIQUE INDEX "domains_name_key" ON "keystone"."projects"("name") WHERE "is_domain";

ALTER TABLE "keystone"."projects" ADD CONSTRAINT "projects_domain_id_fkey" FOREIGN KEY ("domain_id") REFERENCES "keystone"."projects"("id") ON DELETE NO ACTION ON UPDATE CASCADE;
ALTER TABLE "keystone"."projects" ADD CONSTRAINT "projects_parent_id_fkey" FOREIGN KEY ("parent_id") REFERENCES "keystone"."projects"("id") ON DELETE NO ACTION ON UPDATE CASCADE;
ALTER TABLE "keystone"."users" ADD CONSTRAINT "users_domain_id_fkey" FOREIGN KEY ("domain_id") REFERENCES "keystone"."projects"("id") ON DELETE NO ACTION ON UPDATE CASCADE;
