import { useMutation } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import type { RecordAction, ResourceSpec } from '../../api/contract.js';
import { queryClient } from '../../api/query.js';
import { act, type Row } from '../../api/resources.js';
import { Button } from '../../ui/button.js';
import { Failure } from '../../ui/failure.js';
import { FormDialog } from './form-dialog.js';
import { whyNoAction } from './why-no-action.js';

interface Props {
  readonly spec: ResourceSpec;
  readonly id: string;
  readonly name: string;
  readonly row: Row;
}

/** What the API has to be done with a record beside changing it: a button each, and a form for what it asks for. */
export function RecordActions({ spec, id, name, row }: Props): ReactNode {
  const [open, setOpen] = useState<RecordAction>();
  const { mutateAsync, mutate, error, isPending } = useMutation({
    mutationFn: ({ action, values }: { readonly action: RecordAction; readonly values: Row }) =>
      act(spec, id, action, values),
    // What is done with a router changes ports as well.
    onSuccess: () => queryClient.invalidateQueries({ queryKey: [spec.service] }),
  });
  if (spec.actions.length === 0) return null;
  return (
    <>
      <Failure error={open === undefined ? error : null} />
      <fieldset className="bar panel">
        <legend className="visually-hidden">Actions</legend>
        {spec.actions.map((action) => (
          <Button
            key={action.name}
            reason={isPending ? 'The last request is under way.' : whyNoAction(action, row)}
            onPress={() => {
              if (action.fields.length > 0) setOpen(action);
              else mutate({ action, values: {} });
            }}
          >
            {action.label}
          </Button>
        ))}
      </fieldset>
      {open === undefined ? null : (
        <FormDialog
          title={`${open.label}: ${name}`}
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
