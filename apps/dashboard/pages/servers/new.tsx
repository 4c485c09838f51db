import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link, useNavigate } from 'react-router';
import type { FieldSpec } from '../../api/contract.js';
import { call } from '../../api/http.js';
import { queryClient } from '../../api/query.js';
import { choicesQuery, resourcesQuery, type Row } from '../../api/resources.js';
import { ResourceForm } from '../resources/resource-form.js';

/** The rows of a resource that a server is made of. */
function useChoices(service: string, many: string): readonly Row[] {
  const { data: specs = [] } = useQuery(resourcesQuery);
  const { data = [] } = useQuery(choicesQuery(specs.find((one) => one.service === service && one.many === many)));
  return data;
}

const field = (name: string, title: string, more: Partial<FieldSpec> = {}): FieldSpec => ({
  name,
  title,
  type: 'text',
  write: ['post'],
  required: [],
  filter: false,
  sort: false,
  ...more,
});

/** What a name means as an id: the form shows names, and the API wants ids. */
function idOf(rows: readonly Row[], value: unknown): unknown {
  return rows.find(({ id, name }) => id === value || name === value)?.['id'] ?? value;
}

/** The body of POST /servers from what the form says. */
function bodyOf(
  { network, boot_volume, imageRef, flavorRef, ...values }: Readonly<Record<string, unknown>>,
  { images, flavors, networks }: { readonly [N in 'images' | 'flavors' | 'networks']: readonly Row[] },
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

const names = (rows: readonly Row[]): readonly string[] => rows.map(({ id, name }) => String(name || id));

export function Component(): ReactNode {
  const navigate = useNavigate();
  const images = useChoices('image', 'images');
  const flavors = useChoices('compute', 'flavors');
  const networks = useChoices('network', 'networks');
  const keys = useChoices('compute', 'keypairs');
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
      <ResourceForm fields={fields} write="post" verb="Create" send={create} />
    </>
  );
}
