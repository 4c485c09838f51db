-- AlterTable
ALTER TABLE "keystone"."endpoints" ADD COLUMN     "made_url" TEXT;
