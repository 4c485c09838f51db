import { Controller, Get, Headers, Inject, Req, Res, type OnModuleDestroy } from '@nestjs/common';
import { Type } from 'typebox';
import type { FastifyReply } from 'fastify';
import type { Services } from '#services/index';
import { OpenStackError, badRequest } from '#services/kernel/errors';
import { ANY, Described, Query } from '../http/described.js';
import { isTrue } from '../http/parameter-types.js';
import { Policy } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { tokenTextOf } from '../http/session-cookie.js';
import { SERVICES } from '../http/tokens.js';
import { EventStream } from './event-stream.js';

/** Streams of one user: as many pages as somebody has open, and of one process: each costs some kilobytes. */
const MOST_OF_USER = 10;
const MOST = 2_000;
const TYPE = 'text/event-stream';

/** Tells pages what has changed, so that they ask for it: server-sent events, each a type and an id and no state. */
@Controller('dashboard/events')
export class EventsController implements OnModuleDestroy {
  private readonly streams = new Set<EventStream>();

  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  @Policy('novaflow:own_operations')
  @Described({ summary: 'Follow what changes', answer: ANY, answerType: TYPE })
  follow(
    @Req() request: ApiRequest,
    @Headers('accept') accepts: string | undefined,
    @Query({ all_projects: { description: 'What changes in every project, for operators.', schema: Type.Boolean() } })
    { all_projects }: { readonly all_projects?: string },
    @Res() reply: FastifyReply,
  ): void {
    if (accepts?.includes(TYPE) !== true) throw badRequest(`This is a stream: it is for who accepts ${TYPE}.`);
    const { context, tokenInfo } = request;
    const all = isTrue(all_projects ?? '');
    const { operationLog, operationChanges, keystone } = this.services;
    if (all) operationLog.checkSeesAll(context!);
    this.checkRoom(context!.userId);
    const token = tokenTextOf(request) ?? '';
    const stream = new EventStream(
      reply,
      {
        userId: context!.userId,
        endsAt: tokenInfo!.expiresAt,
        holds: () => keystone.tokens.validate(token).then(() => true, isOutage),
      },
      () => this.streams.delete(stream),
    );
    this.streams.add(stream);
    const { projectId } = context!;
    // What is of no project are users, roles, flavors: news of who may see everything.
    const unowned = operationLog.seesAll(context!);
    stream.endsWith(
      operationChanges.listen((changes) =>
        stream.tell(changes.filter((one) => all || one.projectId === projectId || (unowned && one.projectId === null))),
      ),
    );
  }

  /** The api stops: it would wait for streams that never end. */
  onModuleDestroy(): void {
    for (const stream of this.streams) stream.end();
  }

  private checkRoom(userId: string): void {
    const own = [...this.streams].filter((stream) => stream.userId === userId).length;
    if (own < MOST_OF_USER && this.streams.size < MOST) return;
    throw new OpenStackError(429, 'TooManyRequests', 'Too many pages follow what changes.', {
      headers: { 'retry-after': '30' },
    });
  }
}

/** A database that is away ends nobody's stream. */
const isOutage = (error: unknown): boolean => !(error instanceof OpenStackError && error.status === 401);
