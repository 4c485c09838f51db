import 'reflect-metadata';
import { Global, Module, type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import type { TemporalEngine } from '#apps/temporal/index';
import type { Tracing } from '#apps/tracing/index';
import { listed, tlsOf, type Config } from '#config';
import { badRequest, OpenStackError } from '#services/kernel/errors';
import type { Services } from '#services/index';
import type { Logger } from '#services/kernel/log';
import { AetosModule } from './aetos/aetos.module.js';
import { AodhModule } from './aodh/aodh.module.js';
import { CinderModule } from './cinder/cinder.module.js';
import { negotiateVolume } from './cinder/microversion.js';
import { DashboardModule } from './dashboard/dashboard.module.js';
import { DisplayRelay } from './dashboard/display-relay.js';
import { AuthGuard } from './http/auth.guard.js';
import { UploadBody, hasBody, limitBody, limitRest } from './http/body-limits.js';
import { noteDeeds } from './http/audit-trail.js';
import { allowOrigins } from './http/cors.js';
import { notTaken, serviceOf } from './http/error-answer.js';
import { Faults } from './http/faults.js';
import { HeadRoutes } from './http/head-routes.js';
import { parseJsonBody } from './http/json-body.js';
import { MIN_MINOR, negotiate } from './http/microversion.js';
import { RateLimits } from './http/rate-limits.js';
import type { ApiRequest } from './http/request.js';
import { behalfOf, keepContext } from './http/request-context.js';
import { RouteMethods } from './http/route-methods.js';
import { CONFIG, DOCUMENTS, OPERATIONS, SERVICES } from './http/tokens.js';
import { GnocchiModule } from './gnocchi/gnocchi.module.js';
import { GlanceModule } from './glance/glance.module.js';
import { HealthController } from './health.controller.js';
import { KeysController } from './internal/keys.controller.js';
import { AuditTrailController } from './internal/audit-trail.controller.js';
import { SamplesController } from './internal/samples.controller.js';
import { NotificationsController } from './internal/notifications.controller.js';
import { HostNetworkController } from './internal/network.controller.js';
import { InternalController } from './internal/internal.controller.js';
import { KeystoneModule } from './keystone/keystone.module.js';
import { observe } from './http/metrics.js';
import { NeutronModule } from './neutron/neutron.module.js';
import { NovaModule } from './nova/nova.module.js';
import { QueryNames } from './nova/query-names.js';
import { Documents } from './openapi/documents.js';
import { OpenApiController, basePath } from './openapi/openapi.controller.js';
import { negotiatePlacement } from './placement/microversion.js';
import { PlacementModule } from './placement/placement.module.js';
import { Refusals, newRequestId } from './http/refusals.js';
import { SwiftModule } from './swift/swift.module.js';
import { VersionsController } from './versions.controller.js';

/** What belongs to no service. */
@Module({
  controllers: [
    VersionsController,
    HealthController,
    OpenApiController,
    InternalController,
    HostNetworkController,
    KeysController,
    AuditTrailController,
    NotificationsController,
    SamplesController,
  ],
})
class OwnModule {}

const MODULES = [
  OwnModule,
  KeystoneModule,
  GlanceModule,
  NeutronModule,
  CinderModule,
  SwiftModule,
  PlacementModule,
  AodhModule,
  AetosModule,
  GnocchiModule,
  NovaModule,
  DashboardModule,
];
/** Every controller: a test walks them and finds the endpoints without a policy. */
export const CONTROLLERS = MODULES.flatMap((module) => Reflect.getMetadata('controllers', module) as Type[]);

/** A JSON body of the API is small; images are streamed and have no limit here. */
const BODY_LIMIT = 1 << 20;
/** All headers of a request: a token of a user with many roles, and Swift's metadata (swift.conf: max_header_size, max_meta_overall_size). */
const MAX_HEADER_BYTES = 16 << 10;
/** Swift takes 90 headers of metadata with an object (swift.conf: max_meta_count), and clients and proxies add their own. */
const MAX_HEADERS = 200;
/** A year, as browsers ask of those who want it for good. */
const HSTS = 'max-age=31536000';

/** Every service's module, and what all of them stand on. */
@Global()
@Module({})
class ApiModule {
  static async over(parts: { services: Services; config: Config; operations: TemporalEngine }): Promise<DynamicModule> {
    const controllers =
      parts.config.cloud.mode === 'development'
        ? (await import('#apps/faults/controllers')).DEVELOPMENT_CONTROLLERS
        : [];
    const providers = [
      { provide: SERVICES, useValue: parts.services },
      { provide: CONFIG, useValue: parts.config },
      { provide: OPERATIONS, useValue: parts.operations },
      { provide: DOCUMENTS, useValue: new Documents([...CONTROLLERS, ...controllers], basePath(parts.config)) },
    ];
    return { module: ApiModule, imports: MODULES, controllers, providers, exports: providers };
  }
}

/** The API of every service behind one port. */
export async function makeApi(parts: {
  services: Services;
  config: Config;
  operations: TemporalEngine;
  log: Logger;
  tracing?: Tracing | undefined;
}): Promise<NestFastifyApplication> {
  const { config, log } = parts;
  const refusals = new Refusals(config.publicUrl, log);
  const requestMs = config.api.request_timeout * 1000;
  const tls = tlsOf(config);
  const server = {
    headersTimeout: requestMs,
    connectionsCheckingInterval: Math.min(requestMs / 2, 5_000),
    // Nothing here depends on it, and Node's own refusal says nothing.
    requireHostHeader: false,
    maxHeaderSize: MAX_HEADER_BYTES,
  };
  const proxies = listed(config.api.trusted_proxies);
  const adapter = new FastifyAdapter({
    ...(tls === undefined ? { http: server } : { https: { ...server, ...tls } }),
    trustProxy: proxies.length === 0 ? false : proxies,
    bodyLimit: BODY_LIMIT,
    // Long ids are found missing by the service that is asked, in its own words; what is longer still is no id.
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 4_096 },
    rewriteUrl: withoutProject,
    // A stop waits for requests under way (main.ts), and who asks on a connection that is still open is answered.
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    exposeHeadRoutes: false,
    // Times of bodies are in body-limits.ts: Node's own limit is for whole requests, and an upload may take long.
    requestTimeout: 0,
    frameworkErrors: refusals.byRouter,
    clientErrorHandler: refusals.byParser,
  });
  const app = await NestFactory.create<NestFastifyApplication>(await ApiModule.over(parts), adapter, {
    logger: false,
    bodyParser: false,
  });
  const fastify = app.getHttpAdapter().getInstance();
  fastify.server.on('request', refusals.watch).on('checkExpectation', refusals.byExpectation);
  const routes = new RouteMethods(fastify);
  const heads = new HeadRoutes(fastify);
  addParsers(app, config);
  addHooks(app, config, log);
  keepContext(fastify, parts.tracing);
  noteDeeds(fastify, parts.services.auditTrail);
  allowOrigins(app, config.cors);
  const records = process.env['NOVAFLOW_RECORD_ANSWERS'];
  if (config.cloud.mode === 'development' && records !== undefined)
    (await import('#apps/recorder/answers')).recordAnswers(fastify, records);
  app.useGlobalGuards(new AuthGuard(parts.services.keystone, new RateLimits(config.rate_limit)), new QueryNames());
  app.useGlobalFilters(new Faults(config.publicUrl, log, (url) => routes.of(url)));
  const displays = new DisplayRelay(parts.services, log);
  displays.over(fastify.server);
  fastify.addHook('preClose', (done) => {
    displays.close();
    done();
  });
  await app.init();
  heads.add();
  return app;
}

/** JSON, also that of Glance's patches: which of them a route takes is for the route to say. */
const JSON_TYPES = /^application\/(json|openstack-images-v2\.\d-json-patch|json-patch\+json)(;|$)/;
/** Routes whose body is bytes: of an image, and of an object. A stream anywhere else is no body that a service knows. */
const UPLOADS = /^\/(image\/v2\/images\/:id\/file$|object-store\/)/;

/** What is a secret in a path. Those of queries are not written down at all. */
const TOKEN_IN_PATH = /(\/os-console-auth-tokens\/)[^/]+/;

function addParsers(app: NestFastifyApplication, config: Config): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(JSON_TYPES, { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, parseJsonBody(body as Buffer));
    } catch (error) {
      done(error as Error, undefined);
    }
  });
  fastify.addContentTypeParser('application/octet-stream', (request, payload, done) => {
    if (!UPLOADS.test(request.routeOptions.url ?? '')) done(notTaken(request.headers['content-type']), undefined);
    else done(null, new UploadBody(payload, config.api.upload_timeout * 1000));
  });
}

/** Request id, microversion and their headers, on every answer and also on those that fail. */
function addHooks(app: NestFastifyApplication, config: Config, log: Logger): void {
  const fastify = app.getHttpAdapter().getInstance();
  const requestMs = config.api.request_timeout * 1000;
  const secure = config.publicUrl.startsWith('https:');
  fastify.addHook('onRequest', (raw, reply, done) => {
    const request = raw as ApiRequest;
    request.requestId = newRequestId();
    request.microversion = MIN_MINOR;
    request.address = raw.ip;
    request.urlProjectId = (raw.raw as { urlProjectId?: string }).urlProjectId!;
    void reply
      .header('x-openstack-request-id', request.requestId)
      // An object's bytes are a user's: no browser is to take them for a page or a script of the cloud's.
      .header('x-content-type-options', 'nosniff')
      .header('x-frame-options', 'DENY');
    if (secure) void reply.header('strict-transport-security', HSTS);
    const service = serviceOf(request.url);
    if (service === 'object-store') streamBody(request, reply);
    if (service === 'compute') nameVersion(request, reply);
    if (service === 'volume') nameVolumeVersion(request, reply);
    if (service === 'placement') namePlacementVersion(request, reply);
    if (raw.raw.rawHeaders.length > MAX_HEADERS * 2)
      return done(new OpenStackError(431, 'HTTPRequestHeaderFieldsTooLarge', 'There are too many headers.'));
    if (request.url.includes('%00')) return done(badRequest('Malformed request URL: it holds a NUL.'));
    if (hasBody(raw.raw) && !UPLOADS.test(raw.routeOptions.url ?? '')) limitBody(raw.raw, reply, requestMs);
    done();
  });
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    // The api is being stopped: this is the last answer on the connection.
    if (!fastify.server.listening) void reply.header('connection', 'close');
    done(null, payload);
  });
  fastify.addHook('onResponse', (raw, reply, done) => {
    const { method, url, context } = raw as ApiRequest;
    limitRest(raw.raw, requestMs);
    observe(method, raw.routeOptions.url ?? 'unknown', reply.statusCode, reply.elapsedTime);
    log.info(
      {
        ...behalfOf(raw as ApiRequest),
        method,
        path: url.split('?')[0]!.replace(TOKEN_IN_PATH, '$1***'),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        projectId: context?.projectId,
      },
      'request',
    );
    done();
  });
}

/** Methods of Swift whose body is bytes, whatever it calls itself, or whose Content-Type is about something else. */
const BYTES = new Set(['PUT', 'POST', 'COPY']);

/** An object's body is bytes, also when it calls itself JSON; and every answer has Swift's transaction id. */
function streamBody(request: ApiRequest, reply: FastifyReply): void {
  const type = request.headers['content-type'];
  if (type !== undefined) request.bodyType = type;
  if (BYTES.has(request.method)) request.headers['content-type'] = 'application/octet-stream';
  const id = request.requestId.replaceAll('-', '').slice('req'.length, 'req'.length + 21);
  const time = Math.floor(Date.now() / 1000)
    .toString(16)
    .padStart(10, '0');
  void reply.header('x-trans-id', `tx${id}-${time}`);
}

/** Both headers are answered, whichever was sent. A version that cannot be served is refused by the filter. */
function nameVersion(request: ApiRequest, reply: FastifyReply): void {
  void reply
    .header('x-compute-request-id', request.requestId)
    .header('Vary', 'OpenStack-API-Version, X-OpenStack-Nova-API-Version');
  try {
    request.microversion = negotiate(request.headers);
  } catch (error) {
    request.versionError = error;
  }
  const version = `2.${request.microversion}`;
  void reply.header('OpenStack-API-Version', `compute ${version}`).header('X-OpenStack-Nova-API-Version', version);
}

/** The version that a request to Cinder gets. One that cannot be served is refused by the filter. */
function nameVolumeVersion(request: ApiRequest, reply: FastifyReply): void {
  request.microversion = 0;
  try {
    request.microversion = negotiateVolume(request.headers['openstack-api-version']);
  } catch (error) {
    request.versionError = error;
  }
  void reply
    .header('Vary', 'OpenStack-API-Version')
    .header('OpenStack-API-Version', `volume 3.${request.microversion}`);
}

/** The same for Placement. */
function namePlacementVersion(request: ApiRequest, reply: FastifyReply): void {
  request.microversion = 0;
  try {
    request.microversion = negotiatePlacement(request.headers['openstack-api-version']);
  } catch (error) {
    request.versionError = error;
  }
  void reply
    .header('vary', 'openstack-api-version')
    .header('openstack-api-version', `placement 1.${request.microversion}`);
}

/**
 * Old-style URLs carry the project's id (/compute/v2.1/<project>/servers); routes do not. A proxy's form of a URL
 * (http://host/path) is the same as its path.
 */
function withoutProject(request: { url?: string | undefined }): string {
  // v2.0 is served by v2.1, as in Nova since the old code went.
  const url = (request.url ?? '/')
    .replace(/^https?:\/\/[^/]*\/?/i, '/')
    .replace(/^\/compute\/v2(?=\/.)/, '/compute/v2.1')
    // Neutron's paths may end in the form of the answer; a tag may end in the same letters.
    .replace(/^(\/network\/v2\.0\/(?:(?!\/tags\/)[^?])*)\.json(?=\?|$)/, '$1');
  const match = /^\/(compute\/v2\.1|volume\/v3)\/([0-9a-f]{32})(?=\/|\?|$)/.exec(url);
  if (!match) return url;
  (request as { urlProjectId?: string }).urlProjectId = match[2]!;
  return `/${match[1]}${url.slice(match[0].length)}`;
}
