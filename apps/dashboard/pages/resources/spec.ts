import { useSuspenseQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';
import type { FieldSpec, ResourceSpec, Write } from '../../api/contract.js';
import { queryClient } from '../../api/query.js';
import { resourcesQuery } from '../../api/resources.js';

interface Params {
  readonly service?: string | undefined;
  readonly many?: string | undefined;
}

/** The page of a resource below a service's name; one that the API does not have says so. */
export function findSpec(
  specs: readonly ResourceSpec[],
  { service = 'compute', many = 'servers' }: Params,
): ResourceSpec {
  const found = specs.find((one) => one.service === service && (one.many === many || one.name === many));
  if (found === undefined) throw new Error(`The API has no ${many} in its ${service} service.`);
  return found;
}

/** For loaders, which run before the page. */
export const loadSpec = async (params: Params): Promise<ResourceSpec> =>
  findSpec(await queryClient.ensureQueryData(resourcesQuery), params);

export function useSpec(): ResourceSpec {
  const { data } = useSuspenseQuery(resourcesQuery);
  return findSpec(data, useParams());
}

/** The page of a resource's list, and that of one of its records. */
export const listPage = ({ service, many }: ResourceSpec): string => `/${service}/${many}`;
export const itemPage = (spec: ResourceSpec, id: string): string => `${listPage(spec)}/${encodeURIComponent(id)}`;

/** What a field is called on pages: its title, which some descriptions leave out, with a capital as all have it. */
export function titleOf({ title, name }: FieldSpec): string {
  const text = title ?? name.replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
export const oneOf = ({ name }: ResourceSpec): string => name.replaceAll(/[_-]/g, ' ');

/** The fields that a request may give, those that it has to give first. */
export const writable = ({ fields }: ResourceSpec, write: Write): readonly FieldSpec[] =>
  fields
    .filter((field) => field.write.includes(write))
    .toSorted((a, b) => Number(b.required.includes(write)) - Number(a.required.includes(write)));

/** Why somebody may not do what the policy refuses. */
export const NOT_ALLOWED = 'Your roles in this project do not allow it.';
