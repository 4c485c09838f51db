import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { queryClient } from '../../api/query.js';
import { sessionQuery, useSession } from '../../api/session.js';
import { DeleteButton } from '../../ui/delete-button.js';
import { Failure } from '../../ui/failure.js';
import { PagedTable } from '../../ui/paged-table.js';
import type { Column } from '../../ui/table.js';
import { containersQuery, pathOf, put, remove, size, type Container } from './store.js';

const refresh = (): Promise<void> => queryClient.invalidateQueries({ queryKey: ['objects'] });

/** Swift deletes no container with something in it (409). */
const whyKept = (count: number): string | undefined => (count > 0 ? 'There are objects in it.' : undefined);

export async function loader(): Promise<null> {
  const session = await queryClient.ensureQueryData(sessionQuery);
  await queryClient.prefetchInfiniteQuery(containersQuery(session?.project?.id ?? ''));
  return null;
}

export function Component(): ReactNode {
  const project = useSession().project?.id ?? '';
  const make = useMutation({ mutationFn: (name: string) => put(pathOf(project, name)), onSuccess: refresh });
  const columns: readonly Column<Container>[] = [
    { id: 'name', title: 'Name', cell: ({ name }) => <Link to={`/objects/${encodeURIComponent(name)}`}>{name}</Link> },
    { id: 'count', title: 'Objects', cell: ({ count }) => count, by: ({ count }) => count },
    { id: 'size', title: 'Size', cell: ({ bytes }) => size(bytes), by: ({ bytes }) => bytes },
    {
      id: 'actions',
      title: 'Actions',
      cell: ({ name, count }) => (
        <DeleteButton
          name={name}
          reason={whyKept(count)}
          act={async () => {
            await remove(pathOf(project, name));
            await refresh();
          }}
        />
      ),
    },
  ];
  return (
    <>
      <title>Containers · Novaflow</title>
      <h1>Containers</h1>
      <form
        className="bar title"
        action={(form) => {
          const name = form.get('name');
          if (typeof name === 'string' && name !== '') make.mutate(name);
        }}
      >
        <label>
          Name <input name="name" />
        </label>
        <button type="submit">New container</button>
      </form>
      <Failure error={make.error} />
      <PagedTable
        label="Containers"
        query={containersQuery(project)}
        columns={columns}
        keyOf={({ name }) => name}
        empty="There are no containers yet."
      />
    </>
  );
}
