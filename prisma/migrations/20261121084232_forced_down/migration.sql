-- AlterTable
ALTER TABLE "nova"."services" ADD COLUMN     "forced_down" BOOLEAN NOT NULL DEFAULT false;
