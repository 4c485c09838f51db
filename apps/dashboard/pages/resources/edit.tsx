import { useSuspenseQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useNavigate, useParams } from 'react-router';
import { queryClient } from '../../api/query.js';
import { itemQuery, keyOf, updateOne } from '../../api/resources.js';
import { nameOf } from './detail.js';
import { ResourceForm } from './resource-form.js';
import { itemPage, useSpec, writable } from './spec.js';
import { Trail } from './trail.js';

export { loader } from './detail.js';

export function Component(): ReactNode {
  const spec = useSpec();
  const id = useParams()['id'] ?? '';
  const navigate = useNavigate();
  const { data: row } = useSuspenseQuery(itemQuery(spec, id));
  const name = nameOf(row, id);
  const update = async (values: Record<string, unknown>): Promise<void> => {
    await updateOne(spec, id, values);
    await queryClient.invalidateQueries({ queryKey: keyOf(spec) });
    await navigate(itemPage(spec, id));
  };
  return (
    <>
      <title>{`Change ${name} · Novaflow`}</title>
      <Trail spec={spec} more={[[itemPage(spec, id), name]]} />
      <h1>Change {name}</h1>
      <ResourceForm fields={writable(spec, 'put')} write="put" before={row} verb="Save" send={update} />
    </>
  );
}
