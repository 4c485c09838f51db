import { useMutation, useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { Link, useParams } from 'react-router';
import { queryClient } from '../../api/query.js';
import { useSession } from '../../api/session.js';
import { Button } from '../../ui/button.js';
import { Confirm } from '../../ui/confirm.js';
import { Failure } from '../../ui/failure.js';
import { local } from '../../ui/times.js';
import { download, objectsQuery, pathOf, put, remove, size } from './store.js';

const refresh = (): Promise<void> => queryClient.invalidateQueries({ queryKey: ['objects'] });

export function Component(): ReactNode {
  const container = useParams()['container'] ?? '';
  const project = useSession().project?.id ?? '';
  const { data = [], error } = useQuery(objectsQuery(project, container));
  const [deleting, setDeleting] = useState<string>();
  const upload = useMutation({
    mutationFn: (file: File) => put(pathOf(project, container, file.name), file),
    onSuccess: refresh,
  });
  const fetched = useMutation({ mutationFn: (name: string) => download(pathOf(project, container, name), name) });
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
      <Failure error={error ?? upload.error ?? fetched.error} />
      <table>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Size</th>
            <th scope="col">Type</th>
            <th scope="col">Changed</th>
            <th scope="col">Actions</th>
          </tr>
        </thead>
        <tbody>
          {data.map(({ name, bytes, content_type, last_modified }) => (
            <tr key={name}>
              <td>{name}</td>
              <td>{size(bytes)}</td>
              <td>{content_type}</td>
              <td>{local(last_modified)}</td>
              <td className="bar">
                <Button onPress={() => fetched.mutate(name)}>Download</Button>
                <Button
                  kind="danger"
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
            await remove(pathOf(project, container, deleting));
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
