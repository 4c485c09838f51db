import { Fragment, type ReactNode } from 'react';
import type { FieldSpec } from '../api/contract.js';
import type { Row } from '../api/resources.js';
import { Value } from './value.js';

const fieldOf = (name: string): Pick<FieldSpec, 'name' | 'type'> => ({ name, type: 'json' });

interface Props {
  readonly fields: readonly FieldSpec[];
  readonly row: Row;
}

/** All that a record has: the fields that are described, in their order, and after them what else the API answers. */
export function Facts({ fields, row }: Props): ReactNode {
  const described = fields.filter(({ name }) => name in row);
  const known = new Set(fields.map(({ name }) => name));
  const others = Object.keys(row).filter((name) => !known.has(name) && name !== 'links');
  return (
    <dl className="facts panel">
      {[...described, ...others.map(fieldOf)].map((field) => (
        <Fragment key={field.name}>
          <dt>{field.name}</dt>
          <dd>
            <Value field={field} value={row[field.name]} />
          </dd>
        </Fragment>
      ))}
    </dl>
  );
}
