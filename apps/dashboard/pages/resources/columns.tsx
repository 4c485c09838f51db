import type { ReactNode } from 'react';
import { useSearchParams } from 'react-router';
import type { ResourceSpec } from '../../api/contract.js';
import { columnsOf } from './list-address.js';

/** Which columns a list has, in its address. */
export function Columns({ spec }: { readonly spec: ResourceSpec }): ReactNode {
  const [params, setParams] = useSearchParams();
  const shown = columnsOf(spec, params).map(({ name }) => name);
  const toggle = (name: string): void => {
    const next = new URLSearchParams(params);
    const names = shown.includes(name) ? shown.filter((one) => one !== name) : [...shown, name];
    next.set('columns', names.join(','));
    setParams(next, { replace: true });
  };
  return (
    <details className="columns">
      <summary>Columns</summary>
      <fieldset>
        <legend className="visually-hidden">Columns</legend>
        {spec.fields
          .filter((field) => field.shown.includes('list'))
          .map((field) => (
            <label key={field.name}>
              <input
                type="checkbox"
                checked={shown.includes(field.name)}
                onChange={() => {
                  toggle(field.name);
                }}
              />{' '}
              {field.title}
            </label>
          ))}
      </fieldset>
    </details>
  );
}
