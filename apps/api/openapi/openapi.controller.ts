import { createReadStream } from 'node:fs';
import { Controller, Get, Inject, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Config } from '#config';
import { notFound } from '#services/kernel/errors';
import { ANY, Described } from '../http/described.js';
import { Public } from '../http/policy.js';
import { CONFIG, DOCUMENTS } from '../http/tokens.js';
import type { Documents } from './documents.js';
import { CONTENT_SECURITY_POLICY, FILES, page, startScript } from './page.js';

/** The API's own description, for programs and, at `/docs`, for people. */
@Controller()
@Public()
export class OpenApiController {
  private readonly base: string;

  constructor(
    @Inject(DOCUMENTS) private readonly documents: Documents,
    @Inject(CONFIG) config: Config,
  ) {
    this.base = basePath(config);
  }

  @Get('openapi.json')
  @Described({ summary: 'The OpenAPI document of all services', answer: ANY })
  all(): Promise<object> {
    return this.documents.whole();
  }

  @Get('openapi/:document')
  @Described({ summary: 'The OpenAPI document of one service', answer: ANY })
  one(@Param('document') document: string): object {
    const [, name = ''] = /^(.*)\.json$/.exec(document) ?? [];
    const found = this.documents.of(name);
    if (found === undefined) throw absent();
    return found;
  }

  @Get('docs')
  @Described({ summary: 'A page to read the documents', answer: ANY, answerType: 'text/html' })
  docs(@Res() reply: FastifyReply): void {
    send(reply, 'text/html; charset=utf-8', page(this.base));
  }

  @Get('docs/:file')
  @Described({ summary: 'A file of that page', answer: ANY, answerType: '*/*' })
  file(@Param('file') name: string, @Res() reply: FastifyReply): void {
    if (name === 'start.js') return send(reply, SCRIPT, startScript(this.base, this.documents.names));
    const file = FILES.get(name);
    if (file === undefined) throw absent();
    return send(reply, file.type, createReadStream(file.path));
  }
}

const SCRIPT = 'text/javascript; charset=utf-8';

function send(reply: FastifyReply, type: string, body: unknown): void {
  void reply
    .headers({
      'content-type': type,
      'content-security-policy': CONTENT_SECURITY_POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    .send(body);
}

/** The path under which clients have the API, where a proxy puts it under one. */
export const basePath = ({ publicUrl }: Config): string => new URL(publicUrl).pathname.replace(/\/$/, '');

const absent = () => notFound('HTTPNotFound', 'The resource could not be found.');
