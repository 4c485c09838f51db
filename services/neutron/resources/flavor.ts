import { Type } from 'typebox';
import { OpenStackError } from '../../kernel/errors.js';
import { bool, computed, text, uuid } from '../../kernel/resource/fields.js';
import { isServiceType } from '../service-providers.js';
import { resource } from '../words.js';

const both = { write: ['post', 'put'] } as const;
const listed = { filter: true, sort: true } as const;
type Row = { readonly profiles: readonly { readonly service_profile_id: string }[] };

/** A kind of what a service makes (neutron_lib/api/definitions/flavors.py, neutron/db/flavors_db.py). */
export const flavor = resource({
  names: ['flavor', 'flavors'],
  record: 'networkFlavor',
  table: 'neutron.flavors',
  include: { profiles: { select: { service_profile_id: true }, orderBy: { service_profile_id: 'asc' } } },
  ownerless: true,
  fields: {
    id: uuid(listed),
    name: text({ max: 255, default: '', ...both, ...listed }),
    description: text({ max: 1024, nullable: true, default: '', ...both, ...listed }),
    service_type: text({ max: 36, required: true, write: ['post'], ...listed }),
    enabled: bool({ default: true, ...both, ...listed }),
    /** Neutron takes them in requests and changes nothing: the routes below a flavor do. */
    service_profiles: computed(
      Type.Array(Type.String({ format: 'uuid' })),
      ({ profiles }: Row): readonly string[] => profiles.map((one) => one.service_profile_id),
      { ...both, column: '' },
    ),
  },
  plan(_at, { service_type }) {
    if (isServiceType(service_type)) return {};
    throw new OpenStackError(400, 'InvalidServiceType', `Invalid service type: ${service_type}.`);
  },
});
