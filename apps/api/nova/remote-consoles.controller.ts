import { Controller, Get, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { Type } from 'typebox';
import type { RequestContext } from '#services/kernel/context';
import { OpenStackError } from '#services/kernel/errors';
import type { Services } from '#services/index';
import { Described, ValidBody, type SchemaAt } from '../http/described.js';
import { Policy } from '../http/policy.js';
import { Ctx, Minor } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import { novaDialect } from './dialect.js';
import { consoleUrl } from './remote-consoles.js';
import { REMOTE_CONSOLES } from './server-actions.js';

const closed = { additionalProperties: false };
/** The console types that microversions brought. */
const MKS = 8;
const DIRECT = 99;
/** From here on a token of any console is told, and not of RDP's alone, which this cloud does not have. */
const ALL_TOKENS = 31;

const at = (of: (minor: number) => ReturnType<typeof Type.Object>): SchemaAt =>
  Object.assign(of, { changes: [1, REMOTE_CONSOLES, MKS, DIRECT] });
const kinds = (minor: number) => ({
  protocol: Type.Enum(['vnc', 'spice', 'serial', 'rdp', ...(minor < MKS ? [] : ['mks'])]),
  type: Type.Enum([
    'novnc',
    'xvpvnc',
    'spice-html5',
    'serial',
    'rdp-html5',
    ...(minor < MKS ? [] : ['webmks']),
    ...(minor < DIRECT ? [] : ['spice-direct']),
  ]),
});
const asked = at((minor) => Type.Object({ remote_console: Type.Object(kinds(minor), closed) }, closed));
const made = at((minor) =>
  Type.Object(
    { remote_console: Type.Object({ ...kinds(minor), url: Type.String({ format: 'uri' }) }, closed) },
    closed,
  ),
);
const told = at((minor) =>
  Type.Object(
    {
      console: Type.Object(
        {
          instance_uuid: Type.String({ format: 'uuid' }),
          host: Type.Union([Type.String(), Type.Null()]),
          port: Type.Integer(),
          internal_access_path: Type.Union([Type.String({ format: 'uuid' }), Type.Null()]),
          ...(minor < DIRECT ? {} : { tls_port: Type.Union([Type.Integer(), Type.Null()]) }),
        },
        closed,
      ),
    },
    closed,
  ),
);
interface Asked {
  readonly remote_console: { readonly protocol: string; readonly type: string };
}

/** Consoles in a browser (nova/api/openstack/compute/remote_consoles.py, console_auth_tokens.py). */
@Controller('compute/v2.1')
export class RemoteConsolesController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Post('servers/:id/remote-consoles')
  @HttpCode(200)
  @Policy('os_compute_api:os-remote-consoles')
  @Described({ summary: 'Create a console', answer: made, since: REMOTE_CONSOLES })
  async create(
    @Ctx() ctx: RequestContext,
    @Minor() minor: number,
    @Param('id') id: string,
    @ValidBody(asked) { remote_console: { protocol, type } }: Asked,
  ) {
    if (minor < REMOTE_CONSOLES) throw novaDialect.absent!(minor);
    return { remote_console: { protocol, type, url: await consoleUrl(this.services, ctx, id, [protocol, type]) } };
  }

  @Get('os-console-auth-tokens/:token')
  @Policy('os_compute_api:os-console-auth-tokens')
  @Described({ summary: 'Show what a console’s token opens', answer: told })
  async show(@Minor() minor: number, @Param('token') token: string) {
    const { consoleTokens } = this.services.nova;
    const grant = await consoleTokens.find(token);
    if (minor < ALL_TOKENS)
      throw new OpenStackError(401, 'HTTPUnauthorized', 'The requested console type details are not accessible');
    const { server_id: instance_uuid, host, port } = await consoleTokens.place(grant);
    return {
      console: {
        instance_uuid,
        host,
        port,
        internal_access_path: null,
        ...(minor < DIRECT ? {} : { tls_port: null }),
      },
    };
  }
}
