/** When what an extension does was last changed here. Clients show it and make nothing of it. */
const updated = '2026-11-24T00:00:00-00:00';

const extension = (alias: string, name: string, description: string) => ({
  alias,
  name,
  description,
  updated,
  links: [],
});

/**
 * Neutron's extensions that are wholly here. Clients switch on by this list what they would else not try, so it names
 * nothing of which only the attributes show.
 */
export const EXTENSIONS = [
  extension('address-group', 'Address group', 'Ranges of addresses can be put under one name.'),
  extension(
    'ip-substring-filtering',
    'IP address substring filtering',
    'Ports can be found by a part of their address.',
  ),
  extension('net-mtu', 'Network MTU', 'Networks have an MTU.'),
  extension('pagination', 'Pagination support', 'Lists take a limit and a marker.'),
  extension('project-id', 'project_id field enabled', 'Things have a project_id beside their tenant_id.'),
  extension('quotas', 'Quota management support', 'Projects have quotas of networks, subnets and ports.'),
  extension('standard-attr-description', 'standard-attr-description', 'Things have a description.'),
  extension('standard-attr-timestamp', 'Resource timestamps', 'Things say when they were made and changed.'),
];
