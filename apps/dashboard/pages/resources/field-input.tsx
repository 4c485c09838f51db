import { useQuery } from '@tanstack/react-query';
import { useId, type ReactNode } from 'react';
import type { FieldSpec, Write } from '../../api/contract.js';
import { choicesQuery, resourcesQuery } from '../../api/resources.js';
import { asText } from '../../ui/as-text.js';
import { titleOf } from './spec.js';

interface Props {
  readonly field: FieldSpec;
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
        {titleOf(field)}
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

function Input({ field, control }: { readonly field: FieldSpec; readonly control: Control }): ReactNode {
  const choices = choicesOf(field);
  const fallback = field.default === undefined ? '' : `default: ${JSON.stringify(field.default)}`;
  if (choices !== undefined)
    return (
      <select {...control}>
        <option value="">{fallback}</option>
        {choices.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
    );
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

/** A reference is chosen by name; an id that is not among the first 500 can be typed. */
function Reference({ field, control }: { readonly field: FieldSpec; readonly control: Control }): ReactNode {
  const { data: specs = [] } = useQuery(resourcesQuery);
  const spec = specs.find(({ service, name }) => service === field.refersTo?.service && name === field.refersTo.name);
  const { data: rows = [] } = useQuery(choicesQuery(spec));
  const listId = `${control.id}-list`;
  return (
    <>
      <input {...control} list={listId} autoComplete="off" placeholder="an id; the list shows names" />
      <datalist id={listId}>
        {rows.map((row) => {
          const key = String(row[spec?.key ?? 'id']);
          return (
            <option key={key} value={key}>
              {asText(row['name']) || key}
            </option>
          );
        })}
      </datalist>
    </>
  );
}
