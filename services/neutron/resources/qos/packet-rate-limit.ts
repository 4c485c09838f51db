import { int, oneOf } from '../../../kernel/resource/fields.js';
import { MOST } from '../../qos/rule-types.js';
import { resource } from '../../words.js';
import { parameter, ruleFields, underPolicy } from './rule-fields.js';

/** How many packets a port may send or get at most (neutron_lib/api/definitions/qos_pps_rule.py): the hosts of this cloud do not count them. */
export const packetRateLimitRule = resource({
  ...underPolicy('packet_rate_limit'),
  fields: {
    ...ruleFields,
    max_kpps: int({ ...parameter, min: 0, max: MOST, required: true }),
    max_burst_kpps: int({ ...parameter, min: 0, max: MOST, default: 0 }),
    direction: oneOf(['ingress', 'egress'], { ...parameter, default: 'egress' }),
  },
});
