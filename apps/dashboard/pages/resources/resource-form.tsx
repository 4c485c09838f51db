import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent, type ReactNode } from 'react';
import type { FieldSpec, Write } from '../../api/contract.js';
import { ApiError, fieldOf } from '../../api/errors.js';
import { asText } from '../../ui/as-text.js';
import { Failure } from '../../ui/failure.js';
import { FieldInput } from './field-input.js';
import type { FormField } from './form-field.js';
import { BadValue, valuesOf } from './values.js';

interface Props {
  readonly fields: readonly FormField[];
  readonly write: Write;
  /** The record as it is; undefined for a new one. */
  readonly before?: Readonly<Record<string, unknown>>;
  /** What is filled in already, as text; it counts as if somebody had written it. */
  readonly filled?: Readonly<Record<string, string>>;
  readonly verb: string;
  readonly send: (values: Record<string, unknown>) => Promise<unknown>;
}

/** The field that an error is about. */
function placeOf(error: unknown, names: readonly string[]): string | undefined {
  if (error instanceof BadValue) return error.field;
  return error instanceof ApiError ? fieldOf(error.message, names) : undefined;
}

const OFTEN = new Set(['name', 'description']);

/** A form of a resource's fields. What the API says against a field is beside it; all else it says is on top. */
export function ResourceForm({ fields, write, before, filled, verb, send }: Props): ReactNode {
  const [texts, setTexts] = useState<Record<string, string>>(() =>
    Object.fromEntries(fields.map(({ name }) => [name, filled?.[name] ?? asText(before?.[name])])),
  );
  const { mutate, error, isPending } = useMutation({
    mutationFn: async () => send(valuesOf(fields, texts, before)),
  });
  const names = fields.map(({ name }) => name);
  const place = placeOf(error, names);
  const input = (field: FormField): ReactNode => (
    <FieldInput
      key={field.name}
      field={field}
      write={write}
      value={texts[field.name] ?? ''}
      error={field.name === place ? error?.message : undefined}
      onChange={(value) => {
        setTexts((old) => ({ ...old, [field.name]: value }));
      }}
    />
  );
  const isFirst = (field: FieldSpec): boolean => field.required.includes(write) || OFTEN.has(field.name);
  const first = fields.filter(isFirst);
  const rest = fields.filter((field) => !isFirst(field));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    mutate();
  };
  return (
    <form className="form" noValidate onSubmit={submit}>
      <Failure error={place === undefined ? error : null} />
      {(first.length === 0 ? rest : first).map(input)}
      {first.length === 0 || rest.length === 0 ? null : (
        <details open={write === 'put' || rest.some(({ name }) => name === place)}>
          <summary>More ({rest.length})</summary>
          <div className="form">{rest.map(input)}</div>
        </details>
      )}
      <div className="bar">
        <button type="submit" className="primary" disabled={isPending}>
          {verb}
        </button>
      </div>
    </form>
  );
}
