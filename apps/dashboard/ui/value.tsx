import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { FieldSpec } from '../api/contract.js';
import { asText } from './as-text.js';
import { Badge } from './badge.js';
import { Copyable } from './copyable.js';
import { local } from './times.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$|^[0-9a-f]{32}$/;

/** The addresses of a server in one line: `{private: [{addr}]}`. */
function addresses(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const lists = Object.values(value as Record<string, unknown>);
  const found = lists.flatMap((list) => (Array.isArray(list) ? (list as { addr?: unknown }[]) : [undefined]));
  return found.every((one) => typeof one?.addr === 'string')
    ? found.map((one) => String(one?.addr)).join(', ')
    : undefined;
}

const plain = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : asText(value));

interface Props {
  readonly field: Pick<FieldSpec, 'name' | 'type' | 'format' | 'refersTo'>;
  readonly value: unknown;
  /** In a list, where a line is all there is. */
  readonly brief?: boolean;
}

/** A value of a record by its field: states as badges, times in the reader's zone, ids to copy, references as links. */
export function Value({ field, value, brief = false }: Props): ReactNode {
  if (value === null || value === undefined || value === '') return <span className="empty-value">empty</span>;
  if (field.name === 'status' && typeof value === 'string') return <Badge status={value} />;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string' && (field.type === 'time' || /_at$|^created$|^updated$/.test(field.name)))
    return <time dateTime={value}>{local(value)}</time>;
  if (typeof value === 'string' && UUID.test(value)) {
    const copy = <Copyable value={value} short={brief} />;
    return field.refersTo ? (
      <Link to={`/${field.refersTo.service}/${field.refersTo.name}/${value}`} title={value}>
        {brief ? `${value.slice(0, 8)}…` : value}
      </Link>
    ) : (
      copy
    );
  }
  if (field.name === 'addresses') return addresses(value) ?? plain(value);
  if (field.name === 'image' && typeof (value as { id?: unknown }).id === 'string') {
    const { id } = value as { id: string };
    return <Link to={`/image/images/${id}`}>{brief ? `${id.slice(0, 8)}…` : id}</Link>;
  }
  if (field.name === 'flavor') return plain((value as { original_name?: unknown }).original_name ?? value);
  if (Array.isArray(value) && value.every((one) => typeof one === 'string' || typeof one === 'number'))
    return value.length === 0 ? <span className="empty-value">none</span> : value.join(', ');
  if (typeof value === 'object' && !brief) return <pre>{JSON.stringify(value, null, 2)}</pre>;
  return plain(value);
}
