import { Type, type TSchema } from 'typebox';
import { OpenStackError, badRequest, conflict, forbidden } from '#services/kernel/errors';
import { checkCount, checkName } from '#services/glance/index';
import type { AnySpec } from '#services/kernel/resource/spec';
import type { PatchRequest } from '../kit/dialect.js';

/** The drafts of JSON patch that Glance takes, by content type (glance/api/v2/images.py: RequestDeserializer.update). */
const DRAFTS: Readonly<Record<string, 4 | 10>> = {
  'application/openstack-images-v2.0-json-patch': 4,
  'application/openstack-images-v2.1-json-patch': 10,
};
const OPERATIONS = ['add', 'remove', 'replace'] as const;
/** How a change of an image is written: draft 10, and draft 4 in which the operation's name holds the path. */
export const PATCHES = {
  types: Object.keys(DRAFTS),
  schema: Type.Array(
    Type.Union([
      Type.Object({ op: Type.Enum([...OPERATIONS]), path: Type.String(), value: Type.Optional(Type.Unknown()) }),
      ...OPERATIONS.map((op) => Type.Object({ [op]: Type.String(), value: Type.Optional(Type.Unknown()) })),
    ]),
  ),
};
const ONE_OF = `It must be one of the following: ${OPERATIONS.join(', ')}.`;

interface Operation {
  readonly op: (typeof OPERATIONS)[number];
  readonly name: string;
  readonly value: unknown;
  readonly draft: 4 | 10;
}
type Json = Readonly<Record<string, unknown>>;

/**
 * Reads a patch of an image.
 * @param check checks values by a schema. @throws 400 in Glance's words
 * @returns the attributes that it changes, as they follow from the record; one that it removes is undefined
 */
export function readPatch(
  { fields, extra }: AnySpec,
  { contentType, body, schema }: PatchRequest,
  check: (schema: TSchema, body: unknown) => unknown,
): (row: Json) => Record<string, unknown> {
  const operations = operationsOf(contentType, body);
  for (const { op, name, value } of operations) if (op !== 'remove') check(schema, { [name]: value });
  return (row) => {
    const before = row[extra!.column] as Json;
    const properties: Record<string, unknown> = { ...before };
    const changed: Record<string, unknown> = {};
    for (const operation of operations) {
      if (Object.hasOwn(fields, operation.name)) changeField(changed, operation);
      else changeProperty(properties, operation);
    }
    const count = Object.keys(properties).length;
    if (count > Object.keys(before).length) checkCount('properties', count);
    const gone = Object.keys(before).filter((name) => !Object.hasOwn(properties, name));
    return { ...changed, ...properties, ...Object.fromEntries(gone.map((name) => [name, undefined])) };
  };
}

function changeField(changed: Record<string, unknown>, { op, name, value, draft }: Operation): void {
  if (op === 'remove') throw forbidden(`Property ${name} may not be removed.`);
  if (op === 'add' && draft === 4) throw conflict('HTTPConflict', `Property ${name} already present.`);
  changed[name] = value;
}

function changeProperty(properties: Record<string, unknown>, { op, name, value, draft }: Operation): void {
  const there = Object.hasOwn(properties, name);
  if (op === 'add' && there && draft === 4) throw conflict('HTTPConflict', `Property ${name} already present.`);
  if (op !== 'add' && !there) throw conflict('HTTPConflict', `Property ${name} does not exist.`);
  if (op === 'remove') delete properties[name];
  else properties[name] = value;
}

function operationsOf(contentType: string | undefined, body: unknown): Operation[] {
  const draft = DRAFTS[contentType?.split(';')[0]?.trim().toLowerCase() ?? ''];
  const allowed = Object.keys(DRAFTS).join(', ');
  if (draft === undefined)
    throw new OpenStackError(415, 'HTTPUnsupportedMediaType', `Image PATCH expects Content-Type one of: ${allowed}`, {
      headers: { 'accept-patch': allowed },
    });
  if (body === undefined) throw badRequest('Body expected in request.');
  if (!Array.isArray(body)) throw badRequest('Request body must be a JSON array of operation objects.');
  return body.map((raw: unknown) => {
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
      throw badRequest('Operations must be JSON objects.');
    const change = raw as Json;
    const op = draft === 10 ? namedOperation(change) : onlyOperation(change);
    const name = nameOf(draft === 10 ? pathOf(change) : change[op]);
    const value = op === 'remove' ? undefined : valueOf(change, op);
    if (name === 'id') throw forbidden(`Attribute '${name}' is read-only.`);
    checkName(name);
    return { op, name, value, draft };
  });
}

function namedOperation({ op }: Json): Operation['op'] {
  if (op === undefined || op === null) throw badRequest(`Unable to find \`op\` in JSON Schema change. ${ONE_OF}`);
  const known = OPERATIONS.find((one) => one === op);
  if (known === undefined) throw badRequest(`Invalid operation: \`${shown(op)}\`. ${ONE_OF}`);
  return known;
}

/** Draft 4 names the operation by the member that holds its path. */
function onlyOperation(change: Json): Operation['op'] {
  const [op, another] = OPERATIONS.filter((one) => Object.hasOwn(change, one));
  if (op === undefined || another !== undefined)
    throw badRequest(
      `Operation objects must contain ${op === undefined ? 'exactly' : 'only'} one member named "add", "remove", or "replace".`,
    );
  return op;
}

function pathOf(change: Json): unknown {
  if (!Object.hasOwn(change, 'path')) throw badRequest("Unable to find 'path' in JSON Schema change");
  return change['path'];
}

function valueOf(change: Json, op: string): unknown {
  if (!Object.hasOwn(change, 'value')) throw badRequest(`Operation "${op}" requires a member named "value".`);
  return change['value'];
}

/** Glance takes a limited form of JSON pointers, and one attribute deep. */
function nameOf(pointer: unknown): string {
  if (typeof pointer !== 'string' || !pointer.startsWith('/'))
    throw badRequest(`Pointer \`${shown(pointer)}\` does not start with "/".`);
  if (/\/\s*?\//.test(pointer.slice(1))) throw badRequest(`Pointer \`${pointer}\` contains adjacent "/".`);
  if (pointer.length > 1 && pointer.endsWith('/')) throw badRequest(`Pointer \`${pointer}\` end with "/".`);
  if (/~[^01]/.test(pointer) || pointer.endsWith('~'))
    throw badRequest(`Pointer \`${pointer}\` contains "~" not part of a recognized escape sequence.`);
  const parts = pointer
    .replace(/^\/+/, '')
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~').trim());
  const [name = ''] = parts;
  if (parts.length !== 1 || name === '')
    throw badRequest(`Invalid JSON pointer for this resource: '/${parts.join('/')}'`);
  return name;
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
