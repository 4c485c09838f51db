-- AlterTable
ALTER TABLE "keystone"."projects" ADD COLUMN     "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "token_generation" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "keystone"."users" ADD COLUMN     "description" TEXT,
ADD COLUMN     "email" TEXT,
ADD COLUMN     "token_generation" INTEGER NOT NULL DEFAULT 0,
ALTER COLUMN "password_hash" DROP NOT NULL;

-- AlterTable
ALTER TABLE "nova"."services" ADD COLUMN     "api_key" TEXT,
ADD COLUMN     "api_url" TEXT;
