import type { Queries } from '../../kernel/database.js';
import { OpenStackError, conflict, notFound } from '../../kernel/errors.js';
import { bool, text, uuid } from '../../kernel/resource/fields.js';
import { isDriver } from '../service-providers.js';
import { resource } from '../words.js';

const both = { write: ['post', 'put'] } as const;
const listed = { filter: true, sort: true } as const;

/** What makes something of a flavor (neutron_lib/api/definitions/flavors.py, neutron/db/flavors_db.py). */
export const serviceProfile = resource({
  names: ['service_profile', 'service_profiles'],
  path: 'service_profiles',
  record: 'serviceProfile',
  table: 'neutron.service_profiles',
  ownerless: true,
  fields: {
    id: uuid(listed),
    description: text({ max: 1024, nullable: true, default: '', ...both, ...listed }),
    driver: text({ max: 1024, default: '', ...both, ...listed }),
    /** As long as Neutron's column. */
    metainfo: text({ max: 4096, default: '', ...both, sort: true }),
    enabled: bool({ default: true, ...both, ...listed }),
  },
  plan(_at, { driver = '', metainfo = '' }) {
    checkDriver(driver);
    if (driver === '' && metainfo === '')
      throw new OpenStackError(400, 'ServiceProfileEmpty', 'Service Profile needs either a driver or metainfo.');
    return {};
  },
  async beforeUpdate({ tx }, { id }, { driver = '' }) {
    checkDriver(driver);
    await checkUnused(tx, id);
  },
  beforeDelete: ({ tx }, { id }) => checkUnused(tx, id),
});

/** @throws 404 for a driver that no provider has */
function checkDriver(driver: string): void {
  if (driver !== '' && !isDriver(driver))
    throw notFound('ServiceProfileDriverNotFound', `Service Profile driver ${driver} could not be found.`);
}

/** @throws 409 while a flavor has it */
async function checkUnused(tx: Queries, id: string): Promise<void> {
  if (await tx.networkFlavorProfile.findFirst({ where: { service_profile_id: id }, select: { flavor_id: true } }))
    throw conflict('ServiceProfileInUse', `Service Profile ${id} is used by some service instance.`);
}
