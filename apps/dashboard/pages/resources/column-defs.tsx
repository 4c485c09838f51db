import { Link } from 'react-router';
import type { FieldSpec } from '../../api/contract.js';
import type { Row } from '../../api/resources.js';
import { asText } from '../../ui/as-text.js';
import type { Column } from '../../ui/table.js';
import { Value } from '../../ui/value.js';
import { sortKeyOf } from './list-address.js';
import { itemPage, type PlacedSpec } from './spec.js';

/** The columns of a table of records, a field each. What a record is called by leads to its page. */
export function columnDefs(spec: PlacedSpec, fields: readonly FieldSpec[]): readonly Column<Row>[] {
  const linked = fields.some(({ name }) => name === 'name') ? 'name' : spec.key;
  return fields.map((field) => ({
    id: field.name,
    title: field.title,
    sortKey: sortKeyOf(field),
    cell: (row) => {
      const value = <Value field={field} value={row[field.name]} brief />;
      if (field.name !== linked) return value;
      const id = String(row[spec.key]);
      return <Link to={itemPage(spec, id)}>{asText(row[field.name]) || id}</Link>;
    },
  }));
}
