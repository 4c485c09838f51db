-- AlterTable
ALTER TABLE "nova"."flavors" ADD COLUMN     "updated_at" TIMESTAMPTZ(6);

-- CreateTable
CREATE TABLE "nova"."flavor_access" (
    "flavor_id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,

    CONSTRAINT "flavor_access_pkey" PRIMARY KEY ("flavor_id","project_id")
);

-- AddForeignKey
ALTER TABLE "nova"."flavor_access" ADD CONSTRAINT "flavor_access_flavor_id_fkey" FOREIGN KEY ("flavor_id") REFERENCES "nova"."flavors"("id") ON DELETE CASCADE ON UPDATE CASCADE;
