import type { ReactNode } from 'react';
import { useNavigate, type LoaderFunctionArgs } from 'react-router';
import { queryClient } from '../../api/query.js';
import { createOne, keyOf } from '../../api/resources.js';
import { loadReferences } from './references.js';
import { ResourceForm } from './resource-form.js';
import { itemPage, loadSpec, oneOf, useSpec, writable } from './spec.js';
import { Trail } from './trail.js';

export async function loader({ params }: LoaderFunctionArgs): Promise<null> {
  await loadReferences(writable(await loadSpec(params), 'post'));
  return null;
}

export function Component(): ReactNode {
  const spec = useSpec();
  const navigate = useNavigate();
  const create = async (values: Record<string, unknown>): Promise<void> => {
    const made = await createOne(spec, values);
    await queryClient.invalidateQueries({ queryKey: keyOf(spec) });
    await navigate(itemPage(spec, String(made[spec.key])));
  };
  return (
    <>
      <title>{`New ${oneOf(spec)} · Novaflow`}</title>
      <Trail spec={spec} />
      <h1>New {oneOf(spec)}</h1>
      <ResourceForm fields={writable(spec, 'post')} write="post" verb="Create" send={create} />
    </>
  );
}
