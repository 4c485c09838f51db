import type { RequestContext } from '../kernel/context.js';
import type { Queries } from '../kernel/database.js';
import { conflict, notFound } from '../kernel/errors.js';
import type { Columns } from '../kernel/resource/spec.js';

/** The records of flavors, as far as this changes them. */
interface Flavors {
  change(
    ctx: RequestContext,
    id: string,
    next: (row: object, at: { readonly tx: Queries }) => Promise<Columns>,
    rule: string,
  ): Promise<unknown>;
}

/** Which profiles flavors have (neutron/db/flavors_db.py: create_flavor_service_profile and its opposite). */
export class FlavorProfiles {
  constructor(private readonly flavors: Flavors) {}

  /** @throws 404 for a flavor or a profile that is not there, 409 where the flavor has it */
  async add(ctx: RequestContext, flavor_id: string, service_profile_id: string): Promise<void> {
    const key = { flavor_id, service_profile_id };
    const next = async (_flavor: object, { tx }: { readonly tx: Queries }): Promise<Columns> => {
      const there = await tx.$queryRaw<unknown[]>`
        SELECT 1 FROM neutron.service_profiles WHERE id = ${service_profile_id} FOR SHARE`;
      if (there.length === 0)
        throw notFound('ServiceProfileNotFound', `Service Profile ${service_profile_id} could not be found.`);
      const { count } = await tx.networkFlavorProfile.createMany({ data: [key], skipDuplicates: true });
      if (count === 0)
        throw conflict(
          'FlavorServiceProfileBindingExists',
          `Service Profile ${service_profile_id} is already associated with flavor ${flavor_id}.`,
        );
      return {};
    };
    await this.flavors.change(ctx, flavor_id, next, 'create_flavor_service_profile');
  }

  /** @throws 404 for a flavor that is not there, and one that does not have it */
  async remove(ctx: RequestContext, flavor_id: string, service_profile_id: string): Promise<void> {
    const next = async (_flavor: object, { tx }: { readonly tx: Queries }): Promise<Columns> => {
      const { count } = await tx.networkFlavorProfile.deleteMany({ where: { flavor_id, service_profile_id } });
      if (count === 0)
        throw notFound(
          'FlavorServiceProfileBindingNotFound',
          `Service Profile ${service_profile_id} is not associated with flavor ${flavor_id}.`,
        );
      return {};
    };
    await this.flavors.change(ctx, flavor_id, next, 'delete_flavor_service_profile');
  }
}
