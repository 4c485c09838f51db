/** The nftables table of a router's namespace. */
export const TABLE = 'novaflow';
/** Where metadata is answered in a router's namespace, as in Neutron. */
export const METADATA_PORT = 9697;
/** Where guests ask for metadata (RFC 3927's range, by agreement of all clouds). */
export const METADATA_ADDRESS = '169.254.169.254';
