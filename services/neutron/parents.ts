import type { RequestContext } from '../kernel/context.js';
import type { Columns } from '../kernel/resource/spec.js';
import type { NeutronParts } from './words.js';

/** What rules call the attributes of the network that a thing is on. */
export const ofNetwork = ({
  project_id,
  shared,
}: {
  readonly project_id: string;
  readonly shared: boolean;
}): Columns => ({
  'network:tenant_id': project_id,
  'network:project_id': project_id,
  'network:shared': shared,
});

/**
 * What the rules of a thing on a network look at of the network: whose it is. The networks come from what was read a
 * moment ago, so that several things in one request cost one look.
 * @throws 404 for a network that the asker may not see
 */
export async function networkFor(
  { ctx, parts }: { readonly ctx: RequestContext; readonly parts: NeutronParts },
  { network_id }: { readonly network_id: string },
): Promise<Columns> {
  const { project_id, shared } = await parts.networkOf(ctx, network_id);
  return ofNetwork({ project_id, shared });
}
