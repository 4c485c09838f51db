import { Controller, Get, Headers, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Services } from '#services/index';
import { Described } from '../http/described.js';
import { Public } from '../http/policy.js';
import { SERVICES } from '../http/tokens.js';
import { LOG_IN_ANSWERS, answerLogIn } from './log-in-answer.js';
import { tokenView } from './views.js';

/**
 * Log-in by an access token of OpenID Connect (keystone/api/os_federation.py: OSFederationAuthResource). Who asks is shown by that
 * token alone: there is no token of Keystone's yet.
 */
@Controller('identity/v3/OS-FEDERATION/identity_providers/:idp_id/protocols/:id/auth')
export class FederationController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  @HttpCode(201)
  @Public()
  @Described({ answers: LOG_IN_ANSWERS, refusals: [401] })
  async get(
    @Param('idp_id') provider: string,
    @Param('id') protocol: string,
    @Headers('authorization') authorization: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.authenticate(provider, protocol, authorization, reply);
  }

  @Post()
  @Public()
  @Described({ answers: LOG_IN_ANSWERS })
  async post(
    @Param('idp_id') provider: string,
    @Param('id') protocol: string,
    @Headers('authorization') authorization: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return this.authenticate(provider, protocol, authorization, reply);
  }

  private async authenticate(
    provider: string,
    protocol: string,
    authorization: string | undefined,
    reply: FastifyReply,
  ) {
    const { keystone } = this.services;
    const [, bearer] = /^Bearer ([\w.~+/-]+=*)$/i.exec(authorization ?? '') ?? [];
    const issued = await keystone.federatedLogIn.authenticate(provider, protocol, bearer);
    return answerLogIn(reply, issued, async (info) =>
      tokenView(info, info.project === undefined ? undefined : await keystone.catalog(info)),
    );
  }
}
