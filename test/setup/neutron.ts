import type { Api } from '#apps/standalone/api';
import type { Item } from './identity.js';

/** The path of Neutron's API. */
export const V2 = '/network/v2.0';

/** A refusal of Neutron, as an answer may have it. */
export interface Refused {
  readonly NeutronError?: { readonly type: string; readonly message: string };
}
/** An answer's status, and of a refusal its type and words. */
export const refusalOf = ({ status, body }: { readonly status: number; readonly body: Refused | undefined }) => [
  status,
  body?.NeutronError?.type,
  body?.NeutronError?.message,
];

/** A network with one subnet. */
export async function makeNetwork(api: Api, cidr: string, fields: object = {}, ofSubnet: object = {}) {
  const { network } = await api.call<{ network: Item }>('POST', `${V2}/networks`, { network: fields });
  return { network: network.id, subnet: await makeSubnet(api, network.id, cidr, ofSubnet) };
}

export async function makeSubnet(api: Api, network_id: string, cidr: string, fields: object = {}): Promise<string> {
  const ip_version = cidr.includes(':') ? 6 : 4;
  const { subnet } = await api.call<{ subnet: Item }>('POST', `${V2}/subnets`, {
    subnet: { network_id, cidr, ip_version, ...fields },
  });
  return subnet.id;
}
