import { Fragment, type ReactNode } from 'react';
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

function IdLink({ to, id, brief }: { to: NonNullable<FieldSpec['refersTo']>; id: string; brief: boolean }): ReactNode {
  return (
    <Link to={`/${to.service}/${to.name}/${encodeURIComponent(id)}`} title={id}>
      {brief ? `${id.slice(0, 8)}…` : id}
    </Link>
  );
}

/** Of a long list of references the first ones; the record's page has all. */
const BRIEF_IDS = 3;

function Ids({
  field: { refersTo },
  ids,
  brief,
}: Required<Omit<Props, 'value'>> & { ids: readonly unknown[] }): ReactNode {
  const shown = brief ? ids.slice(0, BRIEF_IDS) : ids;
  const rest = ids.length - shown.length;
  if (refersTo === undefined) return ids.join(', ');
  return (
    <>
      {shown.map((id) => (
        <Fragment key={String(id)}>
          <IdLink to={refersTo} id={String(id)} brief={brief} />{' '}
        </Fragment>
      ))}
      {rest > 0 ? `and ${rest} more` : ''}
    </>
  );
}

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
    return field.refersTo ? (
      <IdLink to={field.refersTo} id={value} brief={brief} />
    ) : (
      <Copyable value={value} short={brief} />
    );
  }
  if (field.name === 'addresses') return addresses(value) ?? plain(value);
  if (field.name === 'fixed_ips' && brief && Array.isArray(value))
    return (value as { ip_address?: unknown }[]).map(({ ip_address }) => asText(ip_address)).join(', ');
  if (field.name === 'image' && typeof (value as { id?: unknown }).id === 'string') {
    const { id } = value as { id: string };
    return <Link to={`/image/images/${id}`}>{brief ? `${id.slice(0, 8)}…` : id}</Link>;
  }
  if (field.name === 'flavor') return plain((value as { original_name?: unknown }).original_name ?? value);
  if (Array.isArray(value) && value.every((one) => typeof one === 'string' || typeof one === 'number'))
    return value.length === 0 ? (
      <span className="empty-value">none</span>
    ) : (
      <Ids field={field} ids={value} brief={brief} />
    );
  if (typeof value === 'object' && !brief) return <pre>{JSON.stringify(value, null, 2)}</pre>;
  return plain(value);
}
