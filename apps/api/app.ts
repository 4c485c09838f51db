import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { Module, type DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyReply } from 'fastify';
import type { TemporalOperations } from '#apps/temporal/index';
import type { Config } from '#config';
import { badRequest } from '#services/errors';
import type { Services } from '#services/index';
import type { Logger } from '#services/log';
import { CinderController } from './cinder/cinder.controller.js';
import { AuthGuard } from './common/auth.guard.js';
import { Faults } from './common/faults.js';
import { MIN_MINOR, negotiate } from './common/microversion.js';
import type { ApiRequest } from './common/request.js';
import { CONFIG, OPERATIONS, SERVICES } from './common/tokens.js';
import { GlanceController } from './glance/glance.controller.js';
import { HealthController } from './health.controller.js';
import { InternalController } from './internal/internal.controller.js';
import { DirectoryController } from './keystone/directory.controller.js';
import { KeystoneController } from './keystone/keystone.controller.js';
import { observe } from './metrics.js';
import { NeutronController } from './neutron/neutron.controller.js';
import { ComputeAdminController } from './nova/admin.controller.js';
import { FlavorsController } from './nova/flavors.controller.js';
import { KeypairsController } from './nova/keypairs.controller.js';
import { ServersController } from './nova/servers.controller.js';
import { PlacementController } from './placement/placement.controller.js';
import { SwiftController } from './swift/swift.controller.js';
import { VersionsController } from './versions.controller.js';

/** Every controller: a test walks them and finds the endpoints without a policy. */
export const CONTROLLERS = [
  VersionsController,
  HealthController,
  KeystoneController,
  DirectoryController,
  GlanceController,
  NeutronController,
  CinderController,
  SwiftController,
  PlacementController,
  ServersController,
  FlavorsController,
  KeypairsController,
  ComputeAdminController,
  InternalController,
];

/** A JSON body of the API is small; images are streamed and have no limit here. */
const BODY_LIMIT = 1 << 20;

@Module({})
class ApiModule {
  static async over(parts: {
    services: Services;
    config: Config;
    operations: TemporalOperations;
  }): Promise<DynamicModule> {
    const providers = [
      { provide: SERVICES, useValue: parts.services },
      { provide: CONFIG, useValue: parts.config },
      { provide: OPERATIONS, useValue: parts.operations },
    ];
    const controllers =
      parts.config.NOVAFLOW_MODE === 'development'
        ? [...CONTROLLERS, (await import('#apps/faults/faults.controller')).FaultsController]
        : CONTROLLERS;
    return { module: ApiModule, controllers, providers };
  }
}

/** The API of every service behind one port. */
export async function makeApi(parts: {
  services: Services;
  config: Config;
  operations: TemporalOperations;
  log: Logger;
}): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 255 },
    rewriteUrl: withoutProject,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
  });
  const app = await NestFactory.create<NestFastifyApplication>(await ApiModule.over(parts), adapter, {
    logger: false,
    bodyParser: false,
  });
  addParsers(app);
  addHooks(app, parts.log);
  app.useGlobalGuards(new AuthGuard(parts.services.keystone));
  app.useGlobalFilters(new Faults(parts.config.publicUrl, parts.log));
  await app.init();
  return app;
}

function addParsers(app: NestFastifyApplication): void {
  const fastify = app.getHttpAdapter().getInstance();
  const parseJson = fastify.getDefaultJsonParser('error', 'ignore');
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    // Clients send an empty body as JSON with a DELETE; it is no body. PostgreSQL stores no NUL, and no name has one.
    if (body.length === 0) done(null, undefined);
    else if (body.includes('\\u0000')) done(new SyntaxError('The body holds a NUL.'), undefined);
    else void parseJson(request, body as string, done);
  });
  fastify.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload));
}

/** Request id, microversion and their headers, on every answer and also on those that fail. */
function addHooks(app: NestFastifyApplication, log: Logger): void {
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('onRequest', (raw, reply, done) => {
    const request = raw as ApiRequest;
    request.requestId = `req-${randomUUID()}`;
    request.microversion = MIN_MINOR;
    request.urlProjectId = (raw.raw as { urlProjectId?: string }).urlProjectId!;
    void reply.header('x-openstack-request-id', request.requestId);
    if (request.url.includes('%00')) return done(badRequest('Malformed request URL: it holds a NUL.'));
    const service = request.url.split(/[/?]/)[1];
    if (service === 'object-store') streamBody(request);
    if (service === 'compute') nameVersion(request, reply);
    if (service === 'volume') void reply.header('OpenStack-API-Version', 'volume 3.0');
    if (service === 'placement')
      void reply.header('openstack-api-version', 'placement 1.0').header('vary', 'openstack-api-version');
    done();
  });
  fastify.addHook('onResponse', (raw, reply, done) => {
    const { method, url, requestId, context } = raw as ApiRequest;
    observe(method, raw.routeOptions.url ?? 'unknown', reply.statusCode, reply.elapsedTime);
    log.info(
      {
        requestId,
        method,
        path: url.split('?')[0],
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        projectId: context?.projectId,
      },
      'request',
    );
    done();
  });
}

/** An object's body is bytes, also when it calls itself JSON. */
function streamBody(request: ApiRequest): void {
  const type = request.headers['content-type'];
  if (type !== undefined) request.bodyType = type;
  if (request.method === 'PUT') request.headers['content-type'] = 'application/octet-stream';
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

/** Old-style URLs carry the project's id (/compute/v2.1/<project>/servers); routes do not. */
function withoutProject(request: { url?: string | undefined }): string {
  const url = request.url ?? '/';
  const match = /^\/(compute\/v2\.1|volume\/v3)\/([0-9a-f]{32})(?=\/|\?|$)/.exec(url);
  if (!match) return url;
  (request as { urlProjectId?: string }).urlProjectId = match[2]!;
  return `/${match[1]}${url.slice(match[0].length)}`;
}
