import type { ReactNode } from 'react';
import { Link, useNavigate } from 'react-router';
import { queryClient } from '../../api/query.js';
import { createOne, keyOf } from '../../api/resources.js';
import { ResourceForm } from './resource-form.js';
import { itemPage, listPage, oneOf, useSpec, writable } from './spec.js';

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
      <p>
        <Link to={listPage(spec)}>{spec.title}</Link>
      </p>
      <h1>New {oneOf(spec)}</h1>
      <ResourceForm fields={writable(spec, 'post')} write="post" verb="Create" send={create} />
    </>
  );
}
