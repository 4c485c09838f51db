import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { queryClient } from '../../api/query.js';
import { partsQuery, resourcesQuery, rowsQuery, updateOne, type Row, type Rows } from '../../api/resources.js';
import { asText } from '../../ui/as-text.js';
import { Button } from '../../ui/button.js';
import { FormDialog } from '../resources/form-dialog.js';
import { formField } from '../resources/form-field.js';
import { NOT_ALLOWED } from '../resources/spec.js';

/** A server has fewer ports than this. */
const PORTS = 100;
const NOTHING: Rows = { rows: [], complete: true };

const addressesOf = (port: Row): string =>
  (port['fixed_ips'] as readonly { ip_address: string }[]).map((ip) => ip.ip_address).join(', ');

/** A field that offers rows by what people call them. */
const choice = (name: string, title: string, rows: readonly Row[], labelOf: (row: Row) => string) =>
  formField(name, title, {
    required: ['post'],
    enum: rows.map(({ id }) => asText(id)),
    labels: Object.fromEntries(rows.map((row) => [asText(row['id']), labelOf(row)])),
  });

const floatingAddress = (ip: Row): string => asText(ip['floating_ip_address']);

/**
 * Floating IPs of a server: Nova's newest microversions have no action for them, and a floating IP is associated with one of the
 * server's ports.
 */
export function ServerFloatingIps({ id }: { readonly id: string }): ReactNode {
  const [open, setOpen] = useState<'add' | 'remove'>();
  const { data: specs = [] } = useQuery(resourcesQuery);
  const specOf = (many: string) => specs.find((one) => one.service === 'network' && one.many === many);
  const [portSpec, spec] = [specOf('ports'), specOf('floatingips')];
  const { data: ports = NOTHING } = useQuery({
    ...partsQuery(portSpec ?? specs[0]!, { device_id: id }, PORTS),
    enabled: portSpec?.may.list ?? false,
  });
  const { data: ips = NOTHING } = useQuery(rowsQuery(spec));
  if (spec === undefined) return null;
  const isOwn = ({ port_id }: Row): boolean => ports.rows.some((port) => port['id'] === port_id);
  const [own, free] = [ips.rows.filter(isOwn), ips.rows.filter(({ port_id }) => asText(port_id) === '')];
  const close = (): void => {
    setOpen(undefined);
  };
  const change = async (ip: unknown, port_id: unknown): Promise<void> => {
    await updateOne(spec, asText(ip), { port_id });
    await queryClient.invalidateQueries({ queryKey: ['network'] });
  };
  const whyNot = (list: readonly Row[], reason: string): string | undefined =>
    spec.may.update ? (list.length === 0 ? reason : undefined) : NOT_ALLOWED;
  return (
    <>
      <Button
        reason={
          ports.rows.length === 0 ? 'The server has no port.' : whyNot(free, 'No floating IP of the project is free.')
        }
        onPress={() => {
          setOpen('add');
        }}
      >
        Add floating IP
      </Button>
      <Button
        reason={whyNot(own, 'The server has no floating IP.')}
        onPress={() => {
          setOpen('remove');
        }}
      >
        Remove floating IP
      </Button>
      {open === 'add' ? (
        <FormDialog
          title="Add floating IP"
          fields={[
            choice('floatingip', 'Floating IP', free, floatingAddress),
            choice('port', 'Port', ports.rows, addressesOf),
          ]}
          filled={ports.rows.length === 1 ? { port: asText(ports.rows[0]?.['id']) } : {}}
          verb="Add floating IP"
          send={(values) => change(values['floatingip'], values['port'])}
          onClose={close}
        />
      ) : null}
      {open === 'remove' ? (
        <FormDialog
          title="Remove floating IP"
          fields={[choice('floatingip', 'Floating IP', own, floatingAddress)]}
          verb="Remove floating IP"
          send={(values) => change(values['floatingip'], null)}
          onClose={close}
        />
      ) : null}
    </>
  );
}
