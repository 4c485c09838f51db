/** Headers that tell an activity for whom it runs, and whether its failures are ever final. */
export const REQUEST_ID_HEADER = 'x-openstack-request-id';
export const PROJECT_ID_HEADER = 'x-openstack-project-id';
/** The server or volume that the operation is about. */
export const RESOURCE_ID_HEADER = 'x-novaflow-resource-id';
/** W3C's name: the span that the activity is a part of. Only operations that are traced have it. */
export const TRACEPARENT_HEADER = 'traceparent';
export const NEVER_GIVES_UP_HEADER = 'x-novaflow-never-gives-up';
/** The workflow understands what `attempts.ts` puts around the result of a step that was tried more than once. */
export const TELLS_ATTEMPTS_HEADER = 'novaflow-tells-attempts';
