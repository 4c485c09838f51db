import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link, useParams, type LoaderFunctionArgs } from 'react-router';
import { queryClient } from '../../api/query.js';
import { sessionQuery, useSession } from '../../api/session.js';
import { Button } from '../../ui/button.js';
import { DeleteButton } from '../../ui/delete-button.js';
import { Failure } from '../../ui/failure.js';
import { PagedTable } from '../../ui/paged-table.js';
import type { Column } from '../../ui/table.js';
import { local } from '../../ui/times.js';
import { download, objectsQuery, pathOf, put, remove, size, type StoredObject } from './store.js';

const refresh = (): Promise<void> => queryClient.invalidateQueries({ queryKey: ['objects'] });

export async function loader({ params }: LoaderFunctionArgs): Promise<null> {
  const session = await queryClient.ensureQueryData(sessionQuery);
  await queryClient.prefetchInfiniteQuery(objectsQuery(session?.project?.id ?? '', params['container'] ?? ''));
  return null;
}

export function Component(): ReactNode {
  const container = useParams()['container'] ?? '';
  const project = useSession().project?.id ?? '';
  const upload = useMutation({
    mutationFn: (file: File) => put(pathOf(project, container, file.name), file),
    onSuccess: refresh,
  });
  const fetched = useMutation({ mutationFn: (name: string) => download(pathOf(project, container, name), name) });
  const columns: readonly Column<StoredObject>[] = [
    { id: 'name', title: 'Name', cell: ({ name }) => name, by: ({ name }) => name },
    { id: 'size', title: 'Size', cell: ({ bytes }) => size(bytes), by: ({ bytes }) => bytes },
    { id: 'type', title: 'Type', cell: ({ content_type }) => content_type },
    {
      id: 'changed',
      title: 'Changed',
      cell: ({ last_modified }) => local(last_modified),
      by: ({ last_modified }) => last_modified,
    },
    {
      id: 'actions',
      title: 'Actions',
      cell: ({ name }) => (
        <div className="bar">
          <Button onPress={() => fetched.mutate(name)}>Download</Button>
          <DeleteButton
            name={name}
            act={async () => {
              await remove(pathOf(project, container, name));
              await refresh();
            }}
          />
        </div>
      ),
    },
  ];
  return (
    <>
      <title>{`${container} · Containers · Novaflow`}</title>
      <p>
        <Link to="/objects">Containers</Link>
      </p>
      <div className="title">
        <h1>{container}</h1>
        <label className="grow">
          Upload{' '}
          <input
            type="file"
            onChange={({ target }) => {
              const file = target.files?.[0];
              if (file !== undefined) upload.mutate(file);
            }}
          />
        </label>
      </div>
      <Failure error={upload.error ?? fetched.error} />
      <PagedTable
        label="Objects"
        query={objectsQuery(project, container)}
        columns={columns}
        keyOf={({ name }) => name}
        empty="There are no objects in it yet."
      />
    </>
  );
}
