import { OpenStackError } from '../kernel/errors.js';
import { canonical, parseRange } from './ipam.js';
import { checkMac } from './port-rules.js';

/** An address that a port may send from beside its own. */
export interface AddressPair {
  readonly ip_address?: string;
  readonly mac_address?: string;
}
/** neutron.conf: max_allowed_address_pair */
const MOST = 10;
const MULTICAST = ['224.0.0.0/4', 'ff00::/8'] as const;

const bad = (message: string): OpenStackError => new OpenStackError(400, 'HTTPBadRequest', message);

/**
 * Checks a port's allowed address pairs and gives them their one form; a pair without a MAC address has the port's.
 * @throws 400 in Neutron's words (neutron_lib/api/validators/allowedaddresspairs.py, neutron/db/allowedaddresspairs_db.py)
 */
export function checkedPairs(pairs: readonly AddressPair[], portMac: string): Required<AddressPair>[] {
  if (pairs.length > MOST)
    throw new OpenStackError(
      400,
      'AllowedAddressPairExhausted',
      `The number of allowed address pair exceeds the maximum ${MOST}.`,
    );
  const checked = pairs.map(({ ip_address, mac_address }) => {
    if (ip_address === undefined)
      throw new OpenStackError(400, 'AllowedAddressPairsMissingIP', 'AllowedAddressPair must contain ip_address');
    return {
      ip_address: addressOf(ip_address),
      mac_address: mac_address === undefined ? portMac : checkMac(mac_address),
    };
  });
  const keys = checked.map(({ ip_address, mac_address }) => `${mac_address} ${ip_address}`);
  const doubled = checked[keys.findIndex((key, i) => keys.indexOf(key) !== i)];
  if (doubled !== undefined)
    throw new OpenStackError(
      400,
      'DuplicateAddressPairInRequest',
      `Request contains duplicate address pair: mac_address ${doubled.mac_address} ip_address ${doubled.ip_address}.`,
    );
  return checked;
}

/** An address, or a range of them, in its one form. */
function addressOf(given: string): string {
  const whole = given.includes('/');
  const text = whole ? parseRange(given, 'allowed_address_pairs').text : canonical(given, 'allowed_address_pairs');
  const range = parseRange(whole ? text : `${text}/${text.includes(':') ? 128 : 32}`);
  if (range.isIn(...MULTICAST)) throw bad(`IP ${given} is a multicast address, which is not supported.`);
  return text;
}
