-- CreateTable
CREATE TABLE "nova"."console_auth_tokens" (
    "token_hash" TEXT NOT NULL,
    "server_id" TEXT NOT NULL,
    "host" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "project_id" TEXT NOT NULL,
    "audit_id" TEXT NOT NULL,
    "user_generation" INTEGER NOT NULL,
    "project_generation" INTEGER NOT NULL,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "console_auth_tokens_pkey" PRIMARY KEY ("token_hash")
);

-- CreateIndex
CREATE INDEX "console_auth_tokens_server_id_idx" ON "nova"."console_auth_tokens"("server_id");

-- CreateIndex
CREATE INDEX "console_auth_tokens_expires_at_idx" ON "nova"."console_auth_tokens"("expires_at");

-- AddForeignKey
ALTER TABLE "nova"."console_auth_tokens" ADD CONSTRAINT "console_auth_tokens_server_id_fkey" FOREIGN KEY ("server_id") REFERENCES "nova"."servers"("id") ON DELETE CASCADE ON UPDATE CASCADE;
