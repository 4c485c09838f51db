import { Controller, Delete, Get, Head, Headers, HttpCode, Inject, Post, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Static } from 'typebox';
import type { Config } from '#config';
import { OpenStackError, badRequest, forbidden, unauthorized } from '#services/kernel/errors';
import { policies, type Credentials } from '#services/kernel/policy/index';
import type { Services } from '#services/index';
import type { TokenInfo } from '#services/keystone/index';
import { Answers, AnswersNothing, Described, Query, ValidBody } from '../http/described.js';
import { Policy, PolicyOfHandler, Public } from '../http/policy.js';
import { Caller, Token } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { validateSaying } from '../http/validation.js';
import { AuthSchema, proofsOf, scopeOf } from './auth-request.js';
import { LOG_IN_ANSWERS, answerLogIn } from './log-in-answer.js';
import { CatalogSchema, TokenSchema, tokenView } from './views.js';

interface CatalogQuery {
  readonly nocatalog?: string;
}
const NoCatalog = () => Query({ nocatalog: 'The answer leaves the catalog out, whatever the value.' });

/** Tokens, and what they open. */
@Controller('identity/v3/auth')
export class KeystoneController {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  private get keystone() {
    return this.services.keystone;
  }
  private get base(): string {
    return `${this.config.publicUrl}/identity/v3`;
  }

  @Post('tokens')
  @Public()
  @Described({
    headers: { 'openstack-auth-receipt': 'What an earlier request has proven, for a user whose rules ask for more.' },
    answers: LOG_IN_ANSWERS,
  })
  async authenticate(
    @Headers('openstack-auth-receipt') receipt: string | undefined,
    @ValidBody(AuthSchema, { check: (schema, body) => validateSaying(schema, body, '') })
    { auth }: Static<typeof AuthSchema>,
    @NoCatalog() query: CatalogQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    // A header without anything in it is none, as in Keystone.
    const issued = await this.keystone.tokens.authenticate(proofsOf(auth), scopeOf(auth), receipt || undefined);
    return answerLogIn(reply, issued, (info) => this.view(info, query));
  }

  @Get('tokens')
  @PolicyOfHandler('identity:validate_token')
  @Answers(TokenSchema)
  async validate(
    @Headers('x-subject-token') subject: string | undefined,
    @Caller() caller: Credentials,
    @NoCatalog() query: CatalogQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const info = await this.subject(subject, caller, 'identity:validate_token');
    void reply.header('X-Subject-Token', subject).header('Vary', 'X-Auth-Token');
    return this.view(info, query);
  }

  @Head('tokens')
  @PolicyOfHandler('identity:check_token')
  @AnswersNothing()
  async check(@Headers('x-subject-token') subject: string | undefined, @Caller() caller: Credentials): Promise<void> {
    await this.subject(subject, caller, 'identity:check_token');
  }

  @Delete('tokens')
  @HttpCode(204)
  @PolicyOfHandler('identity:revoke_token')
  async revoke(@Headers('x-subject-token') subject: string | undefined, @Caller() caller: Credentials): Promise<void> {
    await this.subject(subject, caller, 'identity:revoke_token');
    await this.keystone.tokens.revoke(subject ?? '');
  }

  @Get('catalog')
  @Policy('identity:get_auth_catalog')
  @Answers(CatalogSchema)
  async catalog(@Token() info: TokenInfo) {
    if (info.project === undefined) throw forbidden('You are not authorized to perform the requested action.');
    return {
      catalog: await this.keystone.catalog(info),
      links: { next: null, self: `${this.base}/auth/catalog`, previous: null },
    };
  }

  /** A token, with its catalog unless that is not wanted. One that is scoped to nothing has none. */
  private async view(info: TokenInfo, { nocatalog }: CatalogQuery) {
    const scoped = info.project !== undefined || info.domain !== undefined || info.system !== undefined;
    return tokenView(info, scoped && nocatalog === undefined ? await this.keystone.catalog(info) : undefined);
  }

  /**
   * The token in X-Subject-Token: one's own, or any for an administrator. Keystone's rules let services validate tokens,
   * too; a host's user, which has the role `service` alone, is refused by the guard (`novaflow:openstack`).
   */
  private async subject(
    subject: string | undefined,
    caller: Credentials,
    rule: 'identity:validate_token' | 'identity:check_token' | 'identity:revoke_token',
  ): Promise<TokenInfo> {
    if (!subject) throw badRequest('X-Subject-Token is required.');
    const info = await this.keystone.tokens.validate(subject).catch((error: unknown) => {
      // A database that is away says nothing of the token: a service that heard 404 would turn its user away.
      throw error instanceof OpenStackError && error.status === 401 ? notValid() : error;
    });
    policies.enforce('keystone', rule, caller, { 'target.token.user_id': info.user.id });
    return info;
  }
}

const notValid = () => Object.assign(unauthorized('Failed to validate token'), { status: 404 });
