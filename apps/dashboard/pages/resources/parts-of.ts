import type { FieldSpec, ResourceSpec } from '../../api/contract.js';
import { below, findSpec, type PlacedSpec } from './spec.js';

/** What belongs to a record and cannot be without it: what lies below it, or names it once and for all. */
export interface Part {
  readonly spec: PlacedSpec;
  /** The field that names the record; undefined where the path does. */
  readonly field: string | undefined;
}

const isContaining =
  ({ service, name }: ResourceSpec) =>
  ({ refersTo, write, required, filter }: FieldSpec): boolean =>
    refersTo?.service === service &&
    refersTo.name === name &&
    write.join() === 'post' &&
    required.includes('post') &&
    filter !== false;

/** The parts of a record: the subnets and ports of a network, the rules of a group, the port forwardings of a floating IP. */
export function partsOf(specs: readonly ResourceSpec[], spec: PlacedSpec, id: string): readonly Part[] {
  const lower = below(specs, spec).map((one): Part => {
    const asked = { service: one.service, many: one.many, parent: spec.name, parentId: id };
    return { spec: findSpec(specs, asked), field: undefined };
  });
  const named = specs
    .filter(({ below: of, may }) => of === null && may.list)
    .flatMap((one): Part[] => {
      const field = one.fields.find(isContaining(spec))?.name;
      return field === undefined ? [] : [{ spec: one, field }];
    });
  return [...lower, ...named];
}

/** What is the same for all parts of a record, or says little beside what they are. */
const LEFT_OUT = /^(tenant_id|project_id|links|description|created_at|updated_at|revision_number|tags)$/;
/** As many columns as the rules of a security group need. */
const COLUMNS = 9;

/** What a table of parts shows of each: what it is called by, then what somebody has said of it. */
export function partFields({ fields, key }: ResourceSpec, field: string | undefined): readonly FieldSpec[] {
  const rank = ({ name, write }: FieldSpec): number =>
    name === 'name' ? 0 : name === key ? 1 : write.length > 0 ? 2 : 3;
  return fields
    .filter(
      ({ name, type, shown }) =>
        shown.includes('list') && (type !== 'json' || name === 'fixed_ips') && !LEFT_OUT.test(name),
    )
    .filter(({ name }) => name !== field)
    .toSorted((a, b) => rank(a) - rank(b))
    .slice(0, COLUMNS);
}
