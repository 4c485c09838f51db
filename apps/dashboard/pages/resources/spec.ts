import { useSuspenseQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';
import type { FieldSpec, ResourceSpec, Write } from '../../api/contract.js';
import { queryClient } from '../../api/query.js';
import { resourcesQuery } from '../../api/resources.js';

interface Params {
  readonly service?: string | undefined;
  readonly many?: string | undefined;
  /** Of what lies below a record of another resource: that one's list, and the record. */
  readonly parent?: string | undefined;
  readonly parentId?: string | undefined;
}

/** A resource as a page has it: its path leads to its records, and it knows the page of the record that they are below. */
export interface PlacedSpec extends ResourceSpec {
  readonly above?: { readonly page: string; readonly id: string; readonly title: string };
}

const isNamed = ({ many, name }: ResourceSpec, asked: string): boolean => many === asked || name === asked;

/** The page of a resource below a service's name; one that the API does not have says so. */
export function findSpec(
  specs: readonly ResourceSpec[],
  { service = 'compute', many = 'servers', parent, parentId = '' }: Params,
): PlacedSpec {
  const own = specs.filter((one) => one.service === service);
  const above = parent === undefined ? undefined : own.find((one) => isNamed(one, parent));
  const found = own.find(
    (one) =>
      isNamed(one, many) && one.below?.parent?.name === above?.name && (one.below === null) === (parent === undefined),
  );
  if (found === undefined) throw new Error(`The API has no ${many} in its ${service} service.`);
  if (found.below === null || above === undefined) return found;
  const path = found.path.replace(`:${found.below.field}`, () => encodeURIComponent(parentId));
  return { ...found, path, above: { page: itemPage(above, parentId), id: parentId, title: oneOf(above) } };
}

/** The resources whose records lie below a record of this one, of those that may be listed. */
export const below = (specs: readonly ResourceSpec[], { service, name }: ResourceSpec): readonly ResourceSpec[] =>
  specs.filter(({ below: of, may }) => may.list && of?.parent?.service === service && of.parent.name === name);

/** For loaders, which run before the page. */
export const loadSpec = async (params: Params): Promise<PlacedSpec> =>
  findSpec(await queryClient.ensureQueryData(resourcesQuery), params);

export function useSpec(): PlacedSpec {
  const { data } = useSuspenseQuery(resourcesQuery);
  return findSpec(data, useParams());
}

/** The page of a resource's list, and that of one of its records. */
export const listPage = ({ service, many, above }: PlacedSpec): string => `${above?.page ?? `/${service}`}/${many}`;
export const itemPage = (spec: PlacedSpec, id: string): string => `${listPage(spec)}/${encodeURIComponent(id)}`;

export const oneOf = ({ name }: ResourceSpec): string => name.replaceAll(/[_-]/g, ' ');

/** The fields that a request may give, those that it has to give first. */
export const writable = ({ fields }: ResourceSpec, write: Write): readonly FieldSpec[] =>
  fields
    .filter((field) => field.write.includes(write))
    .toSorted((a, b) => Number(b.required.includes(write)) - Number(a.required.includes(write)));

/** Why somebody may not do what the policy refuses. */
export const NOT_ALLOWED = 'Your roles in this project do not allow it.';
