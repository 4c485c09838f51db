/** The headers by which an activity learns on whose behalf it runs, and whether it may be given up. */
export const REQUEST_ID_HEADER = 'x-openstack-request-id';
export const PROJECT_ID_HEADER = 'x-openstack-project-id';
/** The server or volume that the operation is about. */
export const RESOURCE_ID_HEADER = 'x-novaflow-resource-id';
export const NEVER_GIVES_UP_HEADER = 'x-novaflow-never-gives-up';
