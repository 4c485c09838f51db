import type { RequestContext } from '../kernel/context.js';
import type { Columns } from '../kernel/resource/spec.js';
import { isSharedWith, type Shareable } from './sharing.js';
import type { NeutronParts } from './words.js';

/**
 * What rules call the attributes of the network that a thing is on.
 * @param projectId the project that the network may be shared with (neutron/policy.py: FieldCheck)
 */
export const ofNetwork = (network: Shareable & { readonly project_id: string }, projectId: string): Columns => ({
  'network:tenant_id': network.project_id,
  'network:project_id': network.project_id,
  'network:shared': isSharedWith(network, projectId),
});

/**
 * What the rules of a thing on a network look at of the network: whose it is. The networks come from what was read a
 * moment ago, so that several things in one request cost one look.
 * @throws 404 for a network that the asker may not see
 */
export async function networkFor(
  { ctx, parts }: { readonly ctx: RequestContext; readonly parts: NeutronParts },
  { network_id }: { readonly network_id: string },
  { project_id }: Columns,
): Promise<Columns> {
  return ofNetwork(await parts.networkOf(ctx, network_id), String(project_id));
}
