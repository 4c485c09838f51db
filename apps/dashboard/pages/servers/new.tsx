import { useQueries, useSuspenseQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link, useNavigate } from 'react-router';
import { plainField, type FieldSpec, type ResourceSpec } from '../../api/contract.js';
import { call } from '../../api/http.js';
import { queryClient } from '../../api/query.js';
import { resourcesQuery, rowsQuery, type Rows } from '../../api/resources.js';
import { ResourceForm } from '../resources/resource-form.js';

/** More of anything is no list to choose from. */
const OFFERED = 2000;
const NOTHING: Rows = { rows: [], complete: true };

/** What a server is made of. */
const PARTS = [
  ['image', 'images'],
  ['compute', 'flavors'],
  ['network', 'networks'],
  ['compute', 'keypairs'],
] as const;

const partQuery = (specs: readonly ResourceSpec[], [service, many]: (typeof PARTS)[number]) =>
  rowsQuery(
    specs.find((one) => one.service === service && one.many === many),
    OFFERED,
  );

export async function loader(): Promise<null> {
  const specs = await queryClient.ensureQueryData(resourcesQuery);
  await Promise.all(PARTS.map((part) => queryClient.prefetchQuery(partQuery(specs, part))));
  return null;
}

const field = (name: string, title: string, more: Partial<FieldSpec> = {}): FieldSpec =>
  plainField(name, { title, write: ['post'], ...more });

/** What a name means as an id: the form shows names, and the API wants ids. */
function idOf({ rows }: Rows, value: unknown): unknown {
  return rows.find(({ id, name }) => id === value || name === value)?.['id'] ?? value;
}

/** The body of POST /servers from what the form says. */
function bodyOf(
  { network, boot_volume, imageRef, flavorRef, ...values }: Readonly<Record<string, unknown>>,
  { images, flavors, networks }: { readonly [N in 'images' | 'flavors' | 'networks']: Rows },
): object {
  const image = idOf(images, imageRef);
  const source = {
    uuid: image,
    source_type: 'image',
    destination_type: 'volume',
    boot_index: 0,
    volume_size: boot_volume,
    delete_on_termination: true,
  };
  return {
    ...values,
    flavorRef: idOf(flavors, flavorRef),
    ...(boot_volume === undefined ? { imageRef: image } : { block_device_mapping_v2: [source] }),
    networks:
      network === undefined || network === 'auto'
        ? 'auto'
        : network === 'none'
          ? 'none'
          : [{ uuid: idOf(networks, network) }],
  };
}

/** What a row is chosen by: its name, and its id where another one is called the same. */
function names({ rows }: Rows): readonly string[] {
  const all = rows.map(({ name }) => name);
  return rows.map(({ id, name }, at) =>
    String(name && all.indexOf(name) === at && all.lastIndexOf(name) === at ? name : id),
  );
}

export function Component(): ReactNode {
  const navigate = useNavigate();
  const { data: specs } = useSuspenseQuery(resourcesQuery);
  const answers = useQueries({ queries: PARTS.map((part) => partQuery(specs, part)) });
  const [images = NOTHING, flavors = NOTHING, networks = NOTHING, keys = NOTHING] = answers.map(({ data }) => data);
  const fields = [
    field('name', 'Name', { required: ['post'] }),
    field('imageRef', 'Image', { required: ['post'], enum: names(images) }),
    field('flavorRef', 'Flavor', { required: ['post'], enum: names(flavors) }),
    field('network', 'Network', { required: ['post'], enum: [...names(networks), 'auto', 'none'] }),
    field('key_name', 'Key pair', { enum: names(keys) }),
    field('boot_volume', 'Boot from a new volume of so many GiB', { type: 'int' }),
    field('description', 'Description'),
    field('availability_zone', 'Availability zone'),
    field('metadata', 'Metadata', { type: 'json' }),
  ];
  const create = async (values: Record<string, unknown>): Promise<void> => {
    const body = { server: bodyOf(values, { images, flavors, networks }) };
    const { server } = await call<{ server: { id: string } }>('/compute/v2.1/servers', { method: 'POST', body });
    await queryClient.invalidateQueries({ queryKey: ['compute', 'servers'] });
    await queryClient.invalidateQueries({ queryKey: ['operations'] });
    await navigate(`/compute/servers/${server.id}/operations/latest`);
  };
  return (
    <>
      <title>New server · Novaflow</title>
      <p>
        <Link to="/compute/servers">Servers</Link>
      </p>
      <h1>New server</h1>
      {[images, flavors, networks, keys].every(({ complete }) => complete) ? null : (
        <p className="quiet">Of each, the first {OFFERED} are offered.</p>
      )}
      <ResourceForm fields={fields} write="post" verb="Create" send={create} />
    </>
  );
}
