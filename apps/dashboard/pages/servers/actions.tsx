import { useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { useNavigate } from 'react-router';
import type { ActionSpec } from '../../api/contract.js';
import { call } from '../../api/http.js';
import { actionsQuery, type Row } from '../../api/resources.js';
import { Button } from '../../ui/button.js';
import { DeleteButton } from '../../ui/delete-button.js';
import { Failure } from '../../ui/failure.js';
import { FormDialog } from '../resources/form-dialog.js';
import { stateOf, whyNot } from './can.js';
import { ServerFloatingIps } from './floating-ips.js';

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
  const state = stateOf(server);
  const refresh = (): Promise<void> => client.invalidateQueries({ queryKey: ['compute', 'servers'] });
  const [open, setOpen] = useState<ActionSpec>();
  const { mutate, mutateAsync, error, isPending } = useMutation({
    mutationFn: ({ action: { bodyKey, body }, values }: { readonly action: ActionSpec; readonly values?: Row }) =>
      call(`/compute/v2.1/servers/${id}/action`, { method: 'POST', body: { [bodyKey ?? '']: values ?? body } }),
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
      <Failure error={open === undefined ? error : null} />
      <fieldset className="bar panel">
        <legend className="visually-hidden">Actions</legend>
        {data.server.filter(isPlain).map((action) => (
          <Button
            key={`${action.bodyKey} ${action.label}`}
            reason={isPending ? 'The last request is under way.' : whyNot(action, state)}
            onPress={() => {
              if (action.fields.length > 0) setOpen(action);
              else mutate({ action });
            }}
          >
            {action.label}
          </Button>
        ))}
        <ServerFloatingIps id={id} />
        <DeleteButton
          name={String(server['name'])}
          text="Its guest, its disk, and the ports and volumes that were made for it go with it. This cannot be taken back."
          reason={state.task_state === 'deleting' ? 'The server is being deleted.' : undefined}
          act={remove}
        />
      </fieldset>
      {open === undefined ? null : (
        <FormDialog
          title={`${open.label}: ${String(server['name'])}`}
          fields={open.fields}
          verb={open.label}
          send={(values) => mutateAsync({ action: open, values })}
          onClose={() => {
            setOpen(undefined);
          }}
        />
      )}
    </>
  );
}
