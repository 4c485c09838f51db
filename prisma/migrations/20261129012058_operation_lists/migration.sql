-- CreateIndex
CREATE INDEX "operations_project_id_requested_at_id_idx" ON "operations"."operations"("project_id", "requested_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "operations_requested_at_id_idx" ON "operations"."operations"("requested_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "operations_updated_at_idx" ON "operations"."operations"("updated_at");
