import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useMemo, useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import type { ResourceSpec } from '../../api/contract.js';
import { queryClient } from '../../api/query.js';
import { createOne, deleteOne, keyOf, partsQuery, resourcesQuery, type Row } from '../../api/resources.js';
import { asText } from '../../ui/as-text.js';
import { Button } from '../../ui/button.js';
import { DeleteButton } from '../../ui/delete-button.js';
import { Table, type Column } from '../../ui/table.js';
import { columnDefs } from './column-defs.js';
import { FormDialog } from './form-dialog.js';
import { partFields, partsOf, type Part } from './parts-of.js';
import { listPage, NOT_ALLOWED, oneOf, writable, type PlacedSpec } from './spec.js';

/** So many rows of each are on the record's page; the list has all. */
const SHOWN = 50;

interface Props {
  readonly spec: PlacedSpec;
  readonly id: string;
}

/** What belongs to a record, each in a table of its own, with what may be added to it and taken out of it. */
export function Parts({ spec, id }: Props): ReactNode {
  const { data: specs } = useSuspenseQuery(resourcesQuery);
  return partsOf(specs, spec, id).map((part) => <PartTable key={part.spec.many} part={part} id={id} />);
}

const refresh = (spec: ResourceSpec): Promise<void> => queryClient.invalidateQueries({ queryKey: keyOf(spec) });

function PartTable({ part: { spec, field }, id }: { readonly part: Part; readonly id: string }): ReactNode {
  const filters: Readonly<Record<string, string>> = field === undefined ? {} : { [field]: id };
  const { data, error } = useQuery(partsQuery(spec, filters, SHOWN));
  const columns = useMemo(() => columnsWithDelete(spec, field), [spec, field]);
  const all = `${listPage(spec)}${field === undefined ? '' : `?${new URLSearchParams(filters)}`}`;
  return (
    <>
      <div className="title">
        <h2>
          <Link to={all}>{spec.title}</Link>
        </h2>
        <AddPart spec={spec} field={field} id={id} />
      </div>
      <Table
        label={spec.title}
        rows={data?.rows}
        columns={columns}
        keyOf={(row) => String(row[spec.key])}
        empty={`There are no ${spec.title.toLowerCase()} yet.`}
        error={error}
        note={data?.complete === false ? <Link to={all}>There are more: the list has all of them.</Link> : undefined}
      />
    </>
  );
}

/** The table is not the API's list, so it is not sorted by the API. */
function columnsWithDelete(spec: PlacedSpec, field: string | undefined): readonly Column<Row>[] {
  const shown = columnDefs(spec, partFields(spec, field)).map(({ sortKey: _sortKey, ...column }) => column);
  const remove: Column<Row> = {
    id: 'actions',
    title: 'Actions',
    cell: (row) => (
      <DeleteButton
        name={asText(row['name']) || `the ${oneOf(spec)}`}
        reason={spec.may.delete ? undefined : NOT_ALLOWED}
        act={async () => {
          await deleteOne(spec, String(row[spec.key]));
          await refresh(spec);
        }}
      />
    ),
  };
  return [...shown, remove];
}

interface AddProps extends Props {
  readonly field: string | undefined;
}

function AddPart({ spec, field, id }: AddProps): ReactNode {
  const [open, setOpen] = useState(false);
  const title = `New ${oneOf(spec)}`;
  if (writable(spec, 'post').length === 0) return null;
  return (
    <>
      <Button
        reason={spec.may.create ? undefined : NOT_ALLOWED}
        onPress={() => {
          setOpen(true);
        }}
      >
        {title}
      </Button>
      {open ? (
        <FormDialog
          title={title}
          fields={writable(spec, 'post').filter(({ name }) => name !== field)}
          verb="Create"
          send={async (values) => {
            await createOne(spec, field === undefined ? values : { ...values, [field]: id });
            await refresh(spec);
          }}
          onClose={() => {
            setOpen(false);
          }}
        />
      ) : null}
    </>
  );
}
