import { Type } from 'typebox';

/** A further DHCP option of a port (neutron_lib/api/definitions/extra_dhcp_opt.py). No value takes the option away. */
export const DhcpOptionSchema = Type.Object(
  {
    opt_name: Type.String({ minLength: 1, maxLength: 64 }),
    opt_value: Type.Union([Type.String({ maxLength: 255 }), Type.Null()]),
    // The openstack client sends it as text.
    ip_version: Type.Optional(Type.Enum([4, 6, '4', '6'])),
  },
  { additionalProperties: false },
);
export interface AskedDhcpOption {
  readonly opt_name: string;
  readonly opt_value: string | null;
  readonly ip_version?: number | string;
}
/** An option as it is kept and shown. */
export const ShownDhcpOption = Type.Object({
  opt_name: Type.String(),
  opt_value: Type.String(),
  ip_version: Type.Enum([4, 6]),
});
export interface DhcpOption {
  readonly opt_name: string;
  readonly opt_value: string;
  readonly ip_version: number;
}
/** Names whose options have no value (neutron/db/extradhcpopt_db.py: VALID_BLANK_EXTRA_DHCP_OPTS). */
const BLANK = new Set(['router', 'classless-static-route']);

/**
 * The options of a port after those that a request gives: they are added to what it has, or change it, or take it away
 * (neutron/db/extradhcpopt_db.py: _update_extra_dhcp_opts_on_port).
 */
export function changedOptions(known: readonly DhcpOption[], asked: readonly AskedDhcpOption[]): DhcpOption[] {
  const options = new Map(known.map((one) => [keyOf(one), one]));
  for (const { opt_name, opt_value, ip_version = 4 } of asked) {
    const option = { opt_name, opt_value, ip_version: Number(ip_version) };
    if (opt_value === null) options.delete(keyOf(option));
    else if (opt_value !== '' || BLANK.has(opt_name)) options.set(keyOf(option), { ...option, opt_value });
  }
  return [...options.values()];
}

const keyOf = ({ opt_name, ip_version }: Pick<DhcpOption, 'opt_name' | 'ip_version'>): string =>
  `${ip_version}/${opt_name}`;
