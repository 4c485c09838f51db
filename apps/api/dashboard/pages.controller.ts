import { createReadStream } from 'node:fs';
import path from 'node:path';
import { Controller, Get, Headers, Param, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ROOT } from '#config';
import { notFound } from '#services/kernel/errors';
import { ANY, Described } from '../http/described.js';
import { Public } from '../http/policy.js';
import { StaticFiles } from './static-files.js';

/** What the pages may load: from this API, and nothing else. No script and no style stands in a page itself. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The dashboard's pages, as its build made them. Whoever may see nothing sees the form to log in. */
@Controller('dashboard')
@Public()
export class PagesController {
  private readonly files = new StaticFiles(path.join(ROOT, 'dist/dashboard'));

  @Get()
  @Described({ summary: 'The dashboard', answer: ANY, answerType: 'text/html' })
  page(@Headers('accept-encoding') encodings: string | undefined, @Res() reply: FastifyReply): void {
    this.file('', encodings, reply);
  }

  @Get('*')
  @Described({ summary: 'A page of the dashboard, or a file of it', answer: ANY, answerType: '*/*' })
  file(
    @Param('*') name: string,
    @Headers('accept-encoding') encodings: string | undefined,
    @Res() reply: FastifyReply,
  ): void {
    const file = this.files.find(name, /\bbr\b/.test(encodings ?? ''));
    if (file === undefined)
      throw notFound(
        'HTTPNotFound',
        this.files.find('') === undefined
          ? 'The dashboard is not there: npm run build makes it.'
          : 'The resource could not be found.',
      );
    void reply
      .headers({
        'content-type': file.type,
        'cache-control': file.cache,
        vary: 'accept-encoding',
        ...(file.encoding === undefined ? {} : { 'content-encoding': file.encoding }),
        'content-security-policy': CONTENT_SECURITY_POLICY,
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
      })
      .send(createReadStream(file.path));
  }
}
