-- CreateTable
CREATE TABLE "nova"."quota_classes" (
    "class_name" TEXT NOT NULL,
    "resource" TEXT NOT NULL,
    "hard_limit" INTEGER NOT NULL,

    CONSTRAINT "quota_classes_pkey" PRIMARY KEY ("class_name","resource")
);
