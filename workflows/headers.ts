/** The headers by which an activity learns on whose behalf it runs. */
export const REQUEST_ID_HEADER = 'x-openstack-request-id';
export const PROJECT_ID_HEADER = 'x-openstack-project-id';
