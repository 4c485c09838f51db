import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import { queryClient } from '../../api/query.js';
import { useSession } from '../../api/session.js';
import { Confirm } from '../../ui/confirm.js';
import { Button } from '../../ui/button.js';
import { Failure } from '../../ui/failure.js';
import { containersQuery, pathOf, put, remove, size } from './store.js';

const refresh = (): Promise<void> => queryClient.invalidateQueries({ queryKey: ['objects'] });

/** Swift deletes no container with something in it (409). */
const whyKept = (count: number): string | undefined => (count > 0 ? 'There are objects in it.' : undefined);

export function Component(): ReactNode {
  const project = useSession().project?.id ?? '';
  const { data = [], error } = useQuery(containersQuery(project));
  const [deleting, setDeleting] = useState<string>();
  const make = useMutation({ mutationFn: (name: string) => put(pathOf(project, name)), onSuccess: refresh });
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
      <Failure error={error ?? make.error} />
      <table>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Objects</th>
            <th scope="col">Size</th>
            <th scope="col">Actions</th>
          </tr>
        </thead>
        <tbody>
          {data.map(({ name, count, bytes }) => (
            <tr key={name}>
              <td>
                <Link to={`/objects/${encodeURIComponent(name)}`}>{name}</Link>
              </td>
              <td>{count}</td>
              <td>{size(bytes)}</td>
              <td>
                <Button
                  kind="danger"
                  reason={whyKept(count)}
                  onPress={() => {
                    setDeleting(name);
                  }}
                >
                  Delete
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {deleting === undefined ? null : (
        <Confirm
          title={`Delete ${deleting}?`}
          text="This cannot be taken back."
          verb="Delete"
          act={async () => {
            await remove(pathOf(project, deleting));
            await refresh();
          }}
          onClose={() => {
            setDeleting(undefined);
          }}
        />
      )}
    </>
  );
}
