/** A change of one field that people, and OpenStack's own client, know as an action of its own. */
export interface SingleChange {
  readonly name: string;
  /** The field that is a record of its own, in which the form's values stand. */
  readonly within?: string;
  /** What the form asks for: fields of the resource, or members of the one that it is within. */
  readonly fields?: readonly string[];
  readonly required?: readonly string[];
  /** What is said whatever the form says. */
  readonly fixed?: Readonly<Record<string, unknown>>;
  readonly needs?: { readonly field: string; readonly reason: string };
}

/** By the path of the resource's collection. */
export const SINGLE_CHANGES: Readonly<Record<string, readonly SingleChange[]>> = {
  'network/v2.0/routers': [
    {
      name: 'set_gateway',
      within: 'external_gateway_info',
      fields: ['network_id', 'enable_snat'],
      required: ['network_id'],
    },
    {
      name: 'clear_gateway',
      within: 'external_gateway_info',
      needs: { field: 'external_gateway_info', reason: 'The router has no gateway.' },
    },
  ],
  'network/v2.0/floatingips': [
    { name: 'associate', fields: ['port_id', 'fixed_ip_address'], required: ['port_id'] },
    {
      name: 'disassociate',
      fixed: { port_id: null },
      needs: { field: 'port_id', reason: 'The floating IP is associated with no port.' },
    },
  ],
};
