import { useQuery } from '@tanstack/react-query';
import { useId, type ReactNode } from 'react';
import type { FieldSpec, Write } from '../../api/contract.js';
import { resourcesQuery, rowsQuery, type Row, type Rows } from '../../api/resources.js';
import { asText } from '../../ui/as-text.js';
import type { FormField } from './form-field.js';
import { withOne } from './values.js';

interface Props {
  readonly field: FormField;
  readonly write: Write;
  readonly value: string;
  readonly error: string | undefined;
  readonly onChange: (value: string) => void;
}

/** What an input and what is said of it have in common. */
interface Control {
  readonly id: string;
  readonly name: string;
  readonly value: string;
  readonly 'aria-invalid': boolean | undefined;
  readonly 'aria-describedby': string | undefined;
  readonly 'aria-required': boolean;
  readonly onChange: (event: { readonly target: { readonly value: string } }) => void;
}

function choicesOf({ type, enum: values }: FieldSpec): readonly string[] | undefined {
  if (values !== undefined) return values.filter((one) => one !== null).map(String);
  return type === 'bool' ? ['true', 'false'] : undefined;
}

/** One field of a form: its input by its type, and beside it what the API says against its value. */
export function FieldInput({ field, write, value, error, onChange }: Props): ReactNode {
  const id = useId();
  const required = field.required.includes(write);
  const control: Control = {
    id,
    name: field.name,
    value,
    'aria-invalid': error === undefined ? undefined : true,
    'aria-describedby': error === undefined ? undefined : `${id}-error`,
    'aria-required': required,
    onChange: ({ target }) => {
      onChange(target.value);
    },
  };
  return (
    <div className="field">
      <label htmlFor={id}>
        {field.title}
        {required ? ' *' : ''}
      </label>
      <Input field={field} control={control} />
      {error === undefined ? null : (
        <span id={`${id}-error`} className="error">
          {error}
        </span>
      )}
    </div>
  );
}

function Input({ field, control }: { readonly field: FormField; readonly control: Control }): ReactNode {
  const choices = choicesOf(field);
  const fallback = field.default === undefined ? '' : `default: ${JSON.stringify(field.default)}`;
  if (choices !== undefined)
    return (
      <select {...control}>
        <option value="">{fallback}</option>
        {choices.map((one) => (
          <option key={one} value={one}>
            {field.labels?.[one] ?? one}
          </option>
        ))}
      </select>
    );
  if (field.refersTo !== undefined && field.type === 'list') return <References field={field} control={control} />;
  if (field.refersTo !== undefined) return <Reference field={field} control={control} />;
  if (field.type === 'json' || field.type === 'list')
    return <textarea {...control} rows={3} placeholder={field.type === 'list' ? '["…"]' : '{"…": …}'} />;
  const numeric = field.type === 'int' || field.type === 'number';
  const secret = field.name.includes('password') || field.name === 'secret';
  return (
    <input
      {...control}
      type={secret ? 'password' : 'text'}
      autoComplete={secret ? 'new-password' : 'off'}
      inputMode={numeric ? 'numeric' : 'text'}
      placeholder={fallback || (field.type === 'time' ? '2030-01-31T12:00:00Z' : '')}
    />
  );
}

const NOTHING: Rows = { rows: [], complete: true };

/** What people know a record by: its name, and the addresses of a port, a subnet or a floating IP. */
function labelOf({ name, fixed_ips, cidr, floating_ip_address }: Row): string {
  const addresses = Array.isArray(fixed_ips) ? (fixed_ips as readonly { ip_address?: unknown }[]) : [];
  const known = [name, ...addresses.map(({ ip_address }) => ip_address), cidr, floating_ip_address];
  return known.map(asText).filter(Boolean).join(' ');
}

/** What a field's reference may be, as far as it is offered. */
function useOffered({ refersTo }: FieldSpec): Rows & { readonly keyOf: (row: Row) => string } {
  const { data: specs = [] } = useQuery(resourcesQuery);
  const spec = specs.find(({ service, name }) => service === refersTo?.service && name === refersTo.name);
  const { data = NOTHING } = useQuery(rowsQuery(spec));
  return { ...data, keyOf: (row) => String(row[spec?.key ?? 'id']) };
}

/** Several references are a list of ids; each that is chosen by its name is added to it. */
function References({ field, control }: { readonly field: FieldSpec; readonly control: Control }): ReactNode {
  const { rows, complete, keyOf } = useOffered(field);
  return (
    <>
      <textarea {...control} rows={3} placeholder="ids; below they can be chosen by name" />
      <select
        aria-label={`Add to ${field.title}`}
        value=""
        onChange={({ target }) => {
          control.onChange({ target: { value: withOne(control.value, target.value) } });
        }}
      >
        <option value="">add one…</option>
        {rows.map((row) => (
          <option key={keyOf(row)} value={keyOf(row)}>
            {labelOf(row) || keyOf(row)}
          </option>
        ))}
      </select>
      {complete ? null : <span className="quiet">The first {rows.length} are offered.</span>}
    </>
  );
}

/** A reference is chosen by name; an id that is not among the first ones can be typed. */
function Reference({ field, control }: { readonly field: FieldSpec; readonly control: Control }): ReactNode {
  const { rows, complete, keyOf } = useOffered(field);
  const listId = `${control.id}-list`;
  return (
    <>
      <input {...control} list={listId} autoComplete="off" placeholder="an id; the list shows names" />
      <datalist id={listId}>
        {rows.map((row) => {
          const key = keyOf(row);
          return (
            <option key={key} value={key}>
              {labelOf(row) || key}
            </option>
          );
        })}
      </datalist>
      {complete ? null : <span className="quiet">The first {rows.length} are offered; any other id can be typed.</span>}
    </>
  );
}
