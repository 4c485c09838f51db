import { Controller, Delete, Get, Headers, HttpCode, Inject, Post, Put, Req, Res } from '@nestjs/common';
import { Type, type Static } from 'typebox';
import type { FastifyReply } from 'fastify';
import type { Config } from '#config';
import { unauthorized } from '#services/kernel/errors';
import type { Services } from '#services/index';
import type { Receipt, Session, TokenInfo } from '#services/keystone/index';
import { Described, ValidBody } from '../http/described.js';
import { Policy, Public } from '../http/policy.js';
import { Token, type ApiRequest } from '../http/request.js';
import { credentialsOf } from '../http/auth.guard.js';
import { isOwnPage, sessionCookie, tokenTextOf } from '../http/session-cookie.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { ReceiptSchema, receiptView } from '../keystone/views.js';
import { PAGES, operatorPages } from './operator-pages.js';

const closed = { additionalProperties: false };
const name = Type.String({ minLength: 1, maxLength: 255 });
const LogIn = Type.Object(
  {
    username: name,
    password: Type.String(),
    domain: Type.Optional(name),
    project: Type.Optional(name),
    passcode: Type.Optional(Type.String({ maxLength: 64 })),
  },
  closed,
);
const Change = Type.Object({ project: name }, closed);

const Named = Type.Object({ id: Type.String(), name: Type.String() }, closed);
const Domain = Type.Object({ id: Type.String(), name: Type.String() }, closed);
const SessionSchema = Type.Object(
  {
    user: Type.Object({ id: Type.String(), name: Type.String(), domain: Domain }, closed),
    project: Type.Union([Named, Type.Null()]),
    projects: Type.Array(Named),
    roles: Type.Array(Type.String()),
    methods: Type.Array(Type.String()),
    audit_ids: Type.Array(Type.String()),
    /** The pages of operators that are open to them. */
    operator_pages: Type.Array(Type.Enum([...PAGES])),
    expires_at: Type.String({ format: 'date-time' }),
  },
  { ...closed, title: 'Session' },
);
/** More are not listed: who can use more names one. */
const MOST_PROJECTS = 1_000;

/** The default domain, where a log-in names none. */
const DEFAULT_DOMAIN = 'Default';

/**
 * Sessions of the dashboard. A session is a token of Keystone in a cookie that no script can read: with it the pages ask the
 * same API as everybody, and it ends when the token does.
 */
@Controller('dashboard/session')
export class SessionController {
  private readonly secure: boolean;

  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {
    this.secure = config.publicUrl.startsWith('https:');
  }

  private get sessions() {
    return this.services.keystone.sessions;
  }

  @Post()
  @Public()
  @Described({
    summary: 'Log in',
    headers: { 'openstack-auth-receipt': 'What an earlier request has proven, for a user whose rules ask for more.' },
    answers: { 201: SessionSchema, 401: ReceiptSchema },
  })
  async begin(
    @Req() request: ApiRequest,
    @Headers('openstack-auth-receipt') receipt: string | undefined,
    @ValidBody(LogIn) { username, password, domain = DEFAULT_DOMAIN, project, passcode }: Static<typeof LogIn>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    // A page of another origin could log its visitor in as somebody else, who then reads what the visitor does.
    if (!isOwnPage(request)) throw unauthorized();
    const user = { name: username, domain: { name: domain } };
    const begun = await this.sessions.begin(
      [
        { method: 'password', user: { ...user, password } },
        ...(passcode === undefined ? [] : [{ method: 'totp', user: { ...user, passcode } } as const]),
      ],
      project,
      receipt || undefined,
    );
    return this.answer(reply, begun);
  }

  @Get()
  @Policy('identity:get_auth_projects')
  @Described({ summary: 'Show who is logged in', answer: SessionSchema })
  async show(@Token() info: TokenInfo): Promise<Static<typeof SessionSchema>> {
    return this.view(info, await this.sessions.projectsOf(info));
  }

  @Put()
  @Policy('identity:get_auth_projects')
  @Described({ summary: 'Change to another project', answer: SessionSchema })
  async change(
    @Req() request: ApiRequest,
    @Token() info: TokenInfo,
    @ValidBody(Change) { project }: Static<typeof Change>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    // The former token is not revoked: what was asked for with it may still have to begin.
    return this.answer(reply, await this.sessions.change(tokenTextOf(request) ?? '', info, project));
  }

  /** Logs out: the token is revoked, and what was asked for with it and has not begun does not begin any more. */
  @Delete()
  @HttpCode(204)
  @Policy('identity:get_auth_projects')
  @Described({ summary: 'Log out', answer: null })
  async end(@Req() request: ApiRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    await this.services.keystone.tokens.revoke(tokenTextOf(request) ?? '');
    void reply.header('set-cookie', sessionCookie(undefined, this.secure));
  }

  private answer(reply: FastifyReply, begun: Session | Receipt): object {
    void reply.header('cache-control', 'no-store');
    if ('receipt' in begun) {
      void reply.status(401).header('Openstack-Auth-Receipt', begun.receipt);
      return receiptView(begun);
    }
    const { token, info, projects } = begun;
    void reply.header('set-cookie', sessionCookie({ token, expiresAt: info.expiresAt }, this.secure));
    return this.view(info, projects);
  }

  private view(info: TokenInfo, projects: Session['projects']): Static<typeof SessionSchema> {
    const { user, project, roles, methods, auditIds, expiresAt } = info;
    return {
      user: { ...named(user), domain: named(user.domain) },
      project: project === undefined ? null : named(project),
      projects: projects.slice(0, MOST_PROJECTS).map(named),
      roles: roles.map((role) => role.name),
      methods: [...methods],
      audit_ids: [...auditIds],
      operator_pages: operatorPages(this.services.policies, credentialsOf(info), this.config.cloud.mode),
      expires_at: expiresAt.toISOString(),
    };
  }
}

const named = ({ id, name: called }: Static<typeof Named>): Static<typeof Named> => ({ id, name: called });
