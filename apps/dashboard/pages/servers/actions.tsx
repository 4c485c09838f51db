import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { useNavigate } from 'react-router';
import type { ActionSpec } from '../../api/contract.js';
import { call } from '../../api/http.js';
import { actionsQuery, type Row } from '../../api/resources.js';
import { Button } from '../../ui/button.js';
import { Confirm } from '../../ui/confirm.js';
import { Failure } from '../../ui/failure.js';
import { stateOf, whyNot } from './can.js';

/** Those that a page has a button for: what has a body of the caller's own making has a place elsewhere. */
const isPlain = ({ bodyKey }: ActionSpec): boolean =>
  bodyKey !== null && !['os-getConsoleOutput', 'os-resetState', 'os-getVNCConsole'].includes(bodyKey);

interface Props {
  readonly id: string;
  readonly server: Row;
}

/** What may be done with a server. A button that may not be pressed now says why, by the API's own table of states. */
export function ServerActions({ id, server }: Props): ReactNode {
  const { data } = useSuspenseQuery(actionsQuery);
  const client = useQueryClient();
  const navigate = useNavigate();
  const [deleting, setDeleting] = useState(false);
  const state = stateOf(server);
  const refresh = (): Promise<void> => client.invalidateQueries({ queryKey: ['compute', 'servers'] });
  const { mutate, error, isPending } = useMutation({
    mutationFn: ({ bodyKey, body }: ActionSpec) =>
      call(`/compute/v2.1/servers/${id}/action`, { method: 'POST', body: { [bodyKey ?? '']: body } }),
    onSettled: async () => {
      await refresh();
      await client.invalidateQueries({ queryKey: ['operations'] });
    },
  });
  const remove = async (): Promise<void> => {
    await call(`/compute/v2.1/servers/${id}`, { method: 'DELETE' });
    await refresh();
    await navigate(`/compute/servers/${id}/operations/latest`);
  };
  return (
    <>
      <Failure error={error} />
      <fieldset className="bar panel">
        <legend className="visually-hidden">Actions</legend>
        {data.server.filter(isPlain).map((action) => (
          <Button
            key={`${action.bodyKey} ${action.label}`}
            reason={isPending ? 'The last request is under way.' : whyNot(action, state)}
            onPress={() => mutate(action)}
          >
            {action.label}
          </Button>
        ))}
        <Button
          kind="danger"
          reason={state.task_state === 'deleting' ? 'The server is being deleted.' : undefined}
          onPress={() => {
            setDeleting(true);
          }}
        >
          Delete
        </Button>
      </fieldset>
      {deleting ? (
        <Confirm
          title={`Delete ${String(server['name'])}?`}
          text="Its guest, its disk, and the ports and volumes that were made for it go with it. This cannot be taken back."
          verb="Delete"
          act={remove}
          onClose={() => {
            setDeleting(false);
          }}
        />
      ) : null}
    </>
  );
}
