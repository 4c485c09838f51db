import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { Type, type TSchema } from '@sinclair/typebox';
import type { FastifyReply } from 'fastify';
import { isAdmin, type RequestContext } from '#services/context';
import { badRequest, forbidden } from '#services/errors';
import type { Services } from '#services/index';
import { micros } from '../common/links.js';
import { Policy } from '../common/policy.js';
import { Ctx, Minor, Params } from '../common/request.js';
import { SERVICES } from '../common/tokens.js';
import { validate } from '../common/validation.js';

type KeypairRecord = Awaited<ReturnType<Services['nova']['keypairs']['get']>>;
type Query = Record<string, string | undefined>;

const named = {
  name: Type.String({ minLength: 1, maxLength: 255, pattern: '^(?! )[^\\x00-\\x1f\\x7f]*(?<! )$' }),
  public_key: Type.Optional(Type.String()),
};
const strict = { additionalProperties: false };
const CreateSchema = Type.Object({ keypair: Type.Object(named, strict) }, strict);
/** Key pairs have types since 2.2 and other owners since 2.10; x509 needs a certificate authority that is not here. */
const CreateSchema22 = Type.Object(
  { keypair: Type.Object({ ...named, type: Type.Optional(Type.Literal('ssh')) }, strict) },
  strict,
);
const CreateSchema210 = Type.Object(
  {
    keypair: Type.Object(
      { ...named, type: Type.Optional(Type.Literal('ssh')), user_id: Type.Optional(Type.String({ minLength: 1 })) },
      strict,
    ),
  },
  strict,
);

@Controller('compute/v2.1/os-keypairs')
export class KeypairsController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  private get keypairs() {
    return this.services.nova.keypairs;
  }

  @Get()
  @Policy('os_compute_api:os-keypairs:index')
  async list(@Ctx() ctx: RequestContext, @Minor() minor: number, @Params() query: Query) {
    return {
      keypairs: (await this.keypairs.list(owner(ctx, minor, query))).map((k) => ({ keypair: brief(k, minor) })),
    };
  }

  @Get(':name')
  @Policy('os_compute_api:os-keypairs:show')
  async show(@Ctx() ctx: RequestContext, @Minor() minor: number, @Param('name') name: string, @Params() query: Query) {
    const k = await this.keypairs.get(owner(ctx, minor, query), name);
    return {
      keypair: {
        ...brief(k, minor),
        user_id: k.user_id,
        id: 1,
        created_at: micros(k.created_at),
        updated_at: null,
        deleted: false,
        deleted_at: null,
      },
    };
  }

  @Post()
  @Policy('os_compute_api:os-keypairs:create')
  async create(
    @Ctx() ctx: RequestContext,
    @Minor() minor: number,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const schema: TSchema = minor >= 10 ? CreateSchema210 : minor >= 2 ? CreateSchema22 : CreateSchema;
    const { keypair: input } = validate(schema, body) as {
      keypair: { name: string; public_key?: string; type?: string; user_id?: string };
    };
    // 2.92 no longer makes keys.
    if (minor >= 92 && input.public_key === undefined)
      throw badRequest(
        `Invalid input for field/attribute keypair. Value: {'name': '${input.name}'}. 'public_key' is a required property`,
      );
    const userId = input.user_id ?? ctx.userId;
    if (userId !== ctx.userId && !isAdmin(ctx))
      throw forbidden("Policy doesn't allow os_compute_api:os-keypairs:create to be performed.");
    const { keypair, privateKey } = await this.keypairs.create({ ...ctx, userId }, input);
    // 200 until 2.1, 201 since 2.2.
    void reply.status(minor >= 2 ? 201 : 200);
    return {
      keypair: {
        ...brief(keypair, minor),
        user_id: keypair.user_id,
        ...(privateKey === undefined ? {} : { private_key: privateKey }),
      },
    };
  }

  @Delete(':name')
  @HttpCode(204)
  @Policy('os_compute_api:os-keypairs:delete')
  async delete(
    @Ctx() ctx: RequestContext,
    @Minor() minor: number,
    @Param('name') name: string,
    @Params() query: Query,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.keypairs.delete(owner(ctx, minor, query), name);
    void reply.status(minor >= 2 ? 204 : 202);
  }
}

/** Whose key pairs: another user's for administrators, since 2.10. */
function owner(ctx: RequestContext, minor: number, query: Query): string {
  const userId = minor >= 10 ? (query['user_id'] ?? ctx.userId) : ctx.userId;
  if (userId !== ctx.userId && !isAdmin(ctx))
    throw forbidden("Policy doesn't allow os_compute_api:os-keypairs:index to be performed.");
  return userId;
}

const brief = ({ name, type, public_key, fingerprint }: KeypairRecord, minor: number) => ({
  name,
  public_key,
  fingerprint,
  ...(minor >= 2 ? { type } : {}),
});
