import { int } from '../../../kernel/resource/fields.js';
import { resource } from '../../words.js';
import { byAlias, parameter, ruleFields, underPolicy } from './rule-fields.js';

const fields = { ...ruleFields, dscp_mark: int({ ...parameter, required: true }) };

/** How what a port sends is marked (neutron_lib/api/definitions/qos.py). */
export const dscpMarkingRule = resource({ ...underPolicy('dscp_marking'), fields });
export const dscpMarkingAlias = resource({ ...byAlias('dscp_marking'), fields });
