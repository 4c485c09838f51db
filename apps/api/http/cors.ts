import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { listed, type Config } from '#config';

/** What a page may read of an answer, besides its body. */
const EXPOSED = [
  'X-Subject-Token',
  'X-OpenStack-Request-ID',
  'X-Compute-Request-ID',
  'X-Trans-Id',
  'OpenStack-API-Version',
  'X-OpenStack-Nova-API-Version',
  'Location',
  'ETag',
  'Retry-After',
  'WWW-Authenticate',
];

/** Lets pages of the configured origins use the API; without any, no answer says a word of origins (oslo_middleware/cors.py). */
export function allowOrigins(app: NestFastifyApplication, { allowed_origin, ...settings }: Config['cors']): void {
  const origins = listed(allowed_origin);
  if (origins.length === 0) return;
  app.enableCors({
    origin: origins.includes('*') ? '*' : origins,
    credentials: settings.allow_credentials,
    maxAge: settings.max_age,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'COPY'],
    // Which headers a page may send is what it asks for: Swift's metadata has any names.
    exposedHeaders: EXPOSED,
    // The plugin refuses an OPTIONS that is no preflight in a shape of its own; it is told the same as one.
    strictPreflight: false,
  });
}
