import { useState, type FormEvent, type ReactNode } from 'react';
import { useSearchParams } from 'react-router';
import type { FieldSpec, ResourceSpec } from '../../api/contract.js';
import { listQueryOf } from './list-address.js';

const valuesOf = ({ type, enum: values }: FieldSpec): readonly string[] | undefined =>
  type === 'bool' ? ['true', 'false'] : values?.map(String);

/** What a list is filtered by, in its address, so that a filtered list can be sent to somebody. */
export function Filters({ spec }: { readonly spec: ResourceSpec }): ReactNode {
  const [params, setParams] = useSearchParams();
  const fields = spec.fields.filter(({ filter }) => filter !== false);
  const [chosen, setChosen] = useState(fields[0]?.name ?? '');
  const field = fields.find(({ name }) => name === chosen);
  if (field === undefined) return null;
  const change = (name: string, value: string | undefined): void => {
    const next = new URLSearchParams(params);
    next.delete('marker');
    if (value === undefined) next.delete(name);
    else next.set(name, value);
    setParams(next);
  };
  const add = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const value = new FormData(event.currentTarget).get('value');
    if (typeof value === 'string' && value !== '') change(chosen, value);
  };
  const values = valuesOf(field);
  return (
    <search>
      <form className="bar" onSubmit={add}>
        <select
          aria-label="Filter by"
          value={chosen}
          onChange={({ target }) => {
            setChosen(target.value);
          }}
        >
          {fields.map((one) => (
            <option key={one.name} value={one.name}>
              {one.title}
            </option>
          ))}
        </select>
        {values === undefined ? (
          <input name="value" aria-label="Filter value" />
        ) : (
          <select name="value" aria-label="Filter value">
            {values.map((value) => (
              <option key={value}>{value}</option>
            ))}
          </select>
        )}
        <button type="submit">Filter</button>
        {Object.entries(listQueryOf(spec, params).filters).map(([name, value]) => (
          <button
            key={name}
            type="button"
            onClick={() => {
              change(name, undefined);
            }}
          >
            <span className="visually-hidden">Remove the filter </span>
            {name}: {value} ✕
          </button>
        ))}
      </form>
    </search>
  );
}
