-- A server that named no security group has the default one; one whose groups were all taken away has none.
UPDATE "nova"."servers" SET "security_groups" = '{default}' WHERE "security_groups" = '{}';
