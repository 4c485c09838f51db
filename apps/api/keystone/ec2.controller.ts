import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Type, type Static } from 'typebox';
import type { Config } from '#config';
import { badRequest } from '#services/kernel/errors';
import type { Services } from '#services/index';
import { ec2Credential, ec2Rules, type Ec2Request } from '#services/keystone/index';
import { Answers, Described, ValidBody } from '../http/described.js';
import { KitPolicy, Policy } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { Answers as KitAnswers } from '../kit/answers.js';
import { keystoneDialect } from './dialect.js';
import { Lists, listOf, oneOf } from './lists.js';
import { TokenSchema, tokenView } from './views.js';

const NewCredential = Type.Object({ tenant_id: Type.String({ minLength: 1, maxLength: 64 }) });

const Texts = Type.Record(Type.String(), Type.String());
const Signed = Type.Object({
  access: Type.Optional(Type.String()),
  signature: Type.Optional(Type.String()),
  host: Type.Optional(Type.String()),
  verb: Type.Optional(Type.String()),
  path: Type.Optional(Type.String()),
  params: Type.Optional(Texts),
  headers: Type.Optional(Texts),
  body_hash: Type.Optional(Type.String()),
  token: Type.Optional(Type.String()),
});
/** Services call it by any of these names (keystone/api/_shared/EC2_S3_Resource.py: handle_authenticate). */
const SignedRequest = Type.Object({
  credentials: Type.Optional(Signed),
  credential: Type.Optional(Signed),
  ec2Credentials: Type.Optional(Signed),
});

/** Access keys of EC2 and S3, and tokens for services that get requests signed by them. */
@Controller('identity/v3')
export class Ec2Controller {
  private readonly credentials: Lists;

  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) config: Config,
  ) {
    this.credentials = new Lists(ec2Credential, services, config);
  }

  private get ec2() {
    return this.services.keystone.ec2;
  }

  @Get('users/:user_id/credentials/OS-EC2')
  @KitPolicy(ec2Rules, 'list')
  @listOf(ec2Credential)
  async list(@Req() request: ApiRequest, @Param('user_id') userId: string): Promise<object> {
    return this.credentials.of(request, await this.ec2.list(request.context!, userId));
  }

  @Post('users/:user_id/credentials/OS-EC2')
  @KitPolicy(ec2Rules, 'create')
  @Described({ answer: new KitAnswers(keystoneDialect, ec2Credential).one('create') })
  async create(
    @Req() request: ApiRequest,
    @Param('user_id') userId: string,
    @ValidBody(NewCredential) { tenant_id }: Static<typeof NewCredential>,
  ): Promise<object> {
    return this.credentials.one(request, await this.ec2.create(request.context!, userId, tenant_id));
  }

  @Get('users/:user_id/credentials/OS-EC2/:access')
  @KitPolicy(ec2Rules, 'get')
  @oneOf(ec2Credential)
  async show(
    @Req() request: ApiRequest,
    @Param('user_id') userId: string,
    @Param('access') access: string,
  ): Promise<object> {
    return this.credentials.one(request, await this.ec2.get(request.context!, userId, access));
  }

  @Delete('users/:user_id/credentials/OS-EC2/:access')
  @HttpCode(204)
  @KitPolicy(ec2Rules, 'delete')
  async remove(
    @Req() request: ApiRequest,
    @Param('user_id') userId: string,
    @Param('access') access: string,
  ): Promise<void> {
    await this.ec2.delete(request.context!, userId, access);
  }

  @Post('ec2tokens')
  @HttpCode(200)
  @Policy('identity:ec2tokens_validate')
  @Answers(TokenSchema)
  async ofEc2(
    @ValidBody(SignedRequest) body: Static<typeof SignedRequest>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { token, info } = await this.ec2.authenticateEc2(signedOf(body));
    void reply.header('X-Subject-Token', token);
    return tokenView(info, await this.services.keystone.catalog(info));
  }

  /** Who asks learns whose request it is, and gets no token for it. */
  @Post('s3tokens')
  @HttpCode(200)
  @Policy('identity:s3tokens_validate')
  @Answers(TokenSchema)
  async ofS3(@ValidBody(SignedRequest) body: Static<typeof SignedRequest>) {
    const { info } = await this.ec2.authenticateS3(signedOf(body));
    return tokenView(info, await this.services.keystone.catalog(info));
  }
}

function signedOf(body: Static<typeof SignedRequest>): Ec2Request {
  if (Object.keys(body).length === 0) throw badRequest('request must include a request body');
  return body.credentials ?? body.credential ?? body.ec2Credentials ?? {};
}
