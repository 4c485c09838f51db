import { Type } from 'typebox';
import { int, oneOf, takenAs, text, uuid } from '../../kernel/resource/fields.js';

const given = { write: ['post'], filter: true, sort: true } as const;
const textOrNumber = Type.Union([Type.String({ maxLength: 40 }), Type.Integer(), Type.Null()]);
const port = takenAs<string, number | null, typeof portOptions, unknown>;
const portOptions = { nullable: true, ...given } as const;

/** What rules of groups and rules of the template have in common (neutron/extensions/securitygroup.py). */
export const ruleFields = {
  direction: oneOf(['ingress', 'egress'], { required: true, ...given }),
  ethertype: text({ nullable: true, max: 40, default: 'IPv4', ...given }),
  protocol: takenAs<number, string | null, typeof portOptions, unknown>(
    text({ nullable: true, max: 40, ...given }),
    textOrNumber,
  ),
  port_range_min: port(int({ nullable: true, ...given }), textOrNumber),
  port_range_max: port(int({ nullable: true, ...given }), textOrNumber),
  remote_ip_prefix: text({ nullable: true, max: 255, ...given }),
  remote_address_group_id: uuid({ refersTo: 'network/address_group', nullable: true, ...given }),
};
