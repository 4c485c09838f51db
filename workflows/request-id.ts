/** The header by which an activity learns the request id. */
export const REQUEST_ID_HEADER = 'x-openstack-request-id';
