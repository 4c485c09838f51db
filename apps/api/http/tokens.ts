/** Injection tokens: services are plain objects, made once in apps/api/main.ts. */
export const SERVICES = Symbol('services');
export const CONFIG = Symbol('config');
export const OPERATIONS = Symbol('operations');
/** The OpenAPI documents of the controllers that this process has. */
export const DOCUMENTS = Symbol('documents');
