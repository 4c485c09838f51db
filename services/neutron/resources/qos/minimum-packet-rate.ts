import { int, oneOf } from '../../../kernel/resource/fields.js';
import { MOST } from '../../qos/rule-types.js';
import { resource } from '../../words.js';
import { byAlias, parameter, ruleFields, underPolicy } from './rule-fields.js';

const fields = {
  ...ruleFields,
  min_kpps: int({ ...parameter, min: 0, max: MOST, required: true }),
  direction: oneOf(['any', 'ingress', 'egress'], { ...parameter, default: 'egress' }),
};

/** The packets that a port may send at least (neutron_lib/api/definitions/qos_pps_minimum_rule.py): no host of this cloud can promise it. */
export const minimumPacketRateRule = resource({ ...underPolicy('minimum_packet_rate'), fields });
export const minimumPacketRateAlias = resource({ ...byAlias('minimum_packet_rate'), fields });
