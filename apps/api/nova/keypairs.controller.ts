import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { Type, type TSchema } from 'typebox';
import type { FastifyReply } from 'fastify';
import type { Config } from '#config';
import type { RequestContext } from '#services/kernel/context';
import type { Services } from '#services/index';
import { parsePage } from '#services/kernel/paging';
import { policies } from '#services/kernel/policy/index';
import { micros, nextLink } from '../http/links.js';
import { Policy } from '../http/policy.js';
import { Ctx, Minor, Params } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { validate } from '../http/validation.js';
import { byMinor } from './by-minor.js';

type KeypairRecord = Awaited<ReturnType<Services['nova']['keypairs']['get']>>;
type Query = Record<string, string | undefined>;

/** Nova keeps a public key in a column of 64 KiB; the longest that OpenSSH makes has 3 KiB. */
const PUBLIC_KEY_LENGTH = 65_535;

/** POST /os-keypairs by microversion (nova/api/openstack/compute/schemas/keypairs.py). */
function createSchema(minor: number): TSchema {
  const strict = { additionalProperties: false };
  // 2.92 allows two characters more, and no longer makes keys.
  const characters = minor >= 92 ? '[_\\-@. a-zA-Z0-9]' : '[_\\- a-zA-Z0-9]';
  const publicKey = Type.String({ maxLength: PUBLIC_KEY_LENGTH });
  const fields = {
    name: Type.String({ minLength: 1, maxLength: 255, pattern: `^(?! )${characters}+(?<! )$` }),
    public_key: minor >= 92 ? publicKey : Type.Optional(publicKey),
    ...(minor >= 2 ? { type: Type.Optional(Type.Unsafe<string>({ type: 'string', enum: ['ssh', 'x509'] })) } : {}),
    ...(minor >= 10 ? { user_id: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })) } : {}),
  };
  return Type.Object({ keypair: Type.Object(fields, strict) }, strict);
}
const createSchemaOf = byMinor(createSchema, [1, 2, 10, 92]);

@Controller('compute/v2.1/os-keypairs')
export class KeypairsController {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  private get keypairs() {
    return this.services.nova.keypairs;
  }

  @Get()
  @Policy('os_compute_api:os-keypairs:index')
  async list(@Ctx() ctx: RequestContext, @Minor() minor: number, @Params() query: Query) {
    // Before 2.35 the list has no pages.
    const page = minor >= 35 ? parsePage(query, 0) : { limit: Number.MAX_SAFE_INTEGER - 1 };
    const { items, more } = await this.keypairs.list(owner('index', ctx, minor, query), page);
    const last = items.at(-1);
    return {
      keypairs: items.map((k) => ({ keypair: brief(k, minor) })),
      ...(more && last
        ? {
            keypairs_links: [
              nextLink(`${this.config.publicUrl}/compute/v2.1/os-keypairs`, query, page.limit, last.name),
            ],
          }
        : {}),
    };
  }

  @Get(':name')
  @Policy('os_compute_api:os-keypairs:show')
  async show(@Ctx() ctx: RequestContext, @Minor() minor: number, @Param('name') name: string, @Params() query: Query) {
    const k = await this.keypairs.get(owner('show', ctx, minor, query), name);
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
    const { keypair: input } = validate(createSchemaOf(minor), body) as {
      keypair: { name: string; public_key?: string; type?: string; user_id?: string };
    };
    const userId = input.user_id ?? ctx.userId;
    checkOwner('create', ctx, userId);
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
    await this.keypairs.delete(owner('delete', ctx, minor, query), name);
    void reply.status(minor >= 2 ? 204 : 202);
  }
}

type Action = 'index' | 'show' | 'create' | 'delete';

/** @throws 403 for another user's key pairs, unless the rule lets the caller have them */
const checkOwner = (action: Action, ctx: RequestContext, userId: string): void =>
  policies.enforce('nova', `os_compute_api:os-keypairs:${action}`, ctx.credentials, { user_id: userId });

/** Whose key pairs: those of another user, since 2.10. */
function owner(action: Action, ctx: RequestContext, minor: number, query: Query): string {
  const userId = minor >= 10 ? (query['user_id'] ?? ctx.userId) : ctx.userId;
  checkOwner(action, ctx, userId);
  return userId;
}

const brief = ({ name, type, public_key, fingerprint }: KeypairRecord, minor: number) => ({
  name,
  public_key,
  fingerprint,
  ...(minor >= 2 ? { type } : {}),
});
