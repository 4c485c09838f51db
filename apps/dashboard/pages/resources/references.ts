import type { FieldSpec } from '../../api/contract.js';
import { queryClient } from '../../api/query.js';
import { resourcesQuery, rowsQuery } from '../../api/resources.js';

/** What the fields of a form offer to choose from, before the form is drawn. */
export async function loadReferences(fields: readonly FieldSpec[]): Promise<void> {
  const specs = await queryClient.ensureQueryData(resourcesQuery);
  await Promise.all(
    fields.map(async ({ refersTo }) => {
      const spec = specs.find(({ service, name }) => service === refersTo?.service && name === refersTo.name);
      if (spec?.may.list) await queryClient.prefetchQuery(rowsQuery(spec));
    }),
  );
}
