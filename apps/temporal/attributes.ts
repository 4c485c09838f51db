import proto from '@temporalio/proto';
import type { Connection } from '@temporalio/client';
import { ATTRIBUTE_NAMES } from '#workflows/engine/search-attribute-names';

/** Registers the search attributes that workflows carry, where the namespace lacks them. */
export async function ensureSearchAttributes(
  connection: Pick<Connection, 'operatorService'>,
  namespace: string,
): Promise<void> {
  const KEYWORD = proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  const missing = ATTRIBUTE_NAMES.filter((name) => customAttributes?.[name] === undefined);
  if (missing.length === 0) return;
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map((name) => [name, KEYWORD])),
  });
}
