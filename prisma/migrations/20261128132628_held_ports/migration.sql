-- AlterTable
ALTER TABLE "neutron"."ports" ADD COLUMN     "device_tag" TEXT,
ADD COLUMN     "operation_id" TEXT;
