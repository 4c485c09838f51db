import { useMutation, useSuspenseQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useNavigate } from 'react-router';
import { call } from '../../api/http.js';
import { actionsQuery, type Row } from '../../api/resources.js';
import { Button } from '../../ui/button.js';
import { Failure } from '../../ui/failure.js';
import { stateOf, whyNot } from './can.js';

interface Made {
  readonly remote_console: { readonly url: string };
}

/** Opens a server's console by an address of its own, which Nova makes. */
export function OpenConsole({ id, server }: { readonly id: string; readonly server: Row }): ReactNode {
  const { data } = useSuspenseQuery(actionsQuery);
  const navigate = useNavigate();
  const { mutate, error, isPending } = useMutation({
    mutationFn: () =>
      call<Made>(`/compute/v2.1/servers/${id}/remote-consoles`, {
        method: 'POST',
        body: { remote_console: { protocol: 'vnc', type: 'novnc' } },
      }),
    // The address is the one by which the API is known outside; this page may have come by another.
    onSuccess: ({ remote_console: { url } }) => navigate(`/console${new URL(url).search}`),
  });
  const spec = data.server.find(({ action }) => action === 'remote_console');
  if (spec === undefined) return null;
  return (
    <>
      <Failure error={error} />
      <Button
        reason={isPending ? 'The last request is under way.' : whyNot(spec, stateOf(server))}
        onPress={() => {
          mutate();
        }}
      >
        Console
      </Button>
    </>
  );
}
