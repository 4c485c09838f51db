import { useSuspenseQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useNavigate, useParams, type LoaderFunctionArgs } from 'react-router';
import type { ResourceSpec } from '../../api/contract.js';
import { queryClient } from '../../api/query.js';
import { deleteOne, itemQuery, keyOf, type Row } from '../../api/resources.js';
import { Button } from '../../ui/button.js';
import { DeleteButton } from '../../ui/delete-button.js';
import { Facts } from '../../ui/facts.js';
import { Parts } from './parts.js';
import { RecordActions } from './record-actions.js';
import { itemPage, listPage, loadSpec, NOT_ALLOWED, oneOf, useSpec, writable, type PlacedSpec } from './spec.js';
import { Trail } from './trail.js';

export async function loader({ params }: LoaderFunctionArgs): Promise<null> {
  const spec = await loadSpec(params);
  await queryClient.ensureQueryData(itemQuery(spec, params['id'] ?? ''));
  return null;
}

export const nameOf = (row: Row, id: string): string =>
  typeof row['name'] === 'string' && row['name'] !== '' ? row['name'] : id;

export function Component(): ReactNode {
  const spec = useSpec();
  const id = useParams()['id'] ?? '';
  const { data: row } = useSuspenseQuery(itemQuery(spec, id));
  const name = nameOf(row, id);
  return (
    <>
      <title>{`${name} · ${spec.title} · Novaflow`}</title>
      <Trail spec={spec} />
      <div className="title">
        <h1>{name}</h1>
        <span className="grow" />
        <ItemActions spec={spec} id={id} name={name} />
      </div>
      <RecordActions key={`${spec.path} ${id}`} spec={spec} id={id} name={name} row={row} />
      <Parts spec={spec} id={id} />
      <h2>Record</h2>
      <Facts fields={spec.fields} row={row} />
    </>
  );
}

/** Why a record of a resource cannot be changed here at all; undefined where it can. */
function whyNoChange(spec: ResourceSpec): string | undefined {
  if (writable(spec, 'put').length === 0) return `Nothing of a ${oneOf(spec)} can be changed once it is there.`;
  return spec.may.update ? undefined : NOT_ALLOWED;
}

function ItemActions({ spec, id, name }: { spec: PlacedSpec; id: string; name: string }): ReactNode {
  const navigate = useNavigate();
  const remove = async (): Promise<void> => {
    await deleteOne(spec, id);
    await queryClient.invalidateQueries({ queryKey: [...keyOf(spec), 'list'] });
    await navigate(listPage(spec));
    // Not before: this page would ask for it again, and find that it is gone.
    queryClient.removeQueries({ queryKey: [...keyOf(spec), 'item', id] });
  };
  return (
    <div className="bar">
      <Button reason={whyNoChange(spec)} onPress={() => void navigate(`${itemPage(spec, id)}/edit`)}>
        Change
      </Button>
      <DeleteButton name={name} reason={spec.may.delete ? undefined : NOT_ALLOWED} act={remove} />
    </div>
  );
}
