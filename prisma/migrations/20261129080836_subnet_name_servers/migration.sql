-- AlterTable
ALTER TABLE "neutron"."subnets" ALTER COLUMN "dns_nameservers" SET DEFAULT ARRAY[]::TEXT[];

-- A list that nobody gave is empty, and not unknown.
UPDATE "neutron"."subnets" SET dns_nameservers = '{}' WHERE dns_nameservers IS NULL;
