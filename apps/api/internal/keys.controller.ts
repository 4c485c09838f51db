import { Controller, Get, HttpCode, Inject, Post } from '@nestjs/common';
import { Type } from 'typebox';
import type { Services } from '#services/index';
import { Answers } from '../http/described.js';
import { Policy } from '../http/policy.js';
import { SERVICES } from '../http/tokens.js';

const closed = { additionalProperties: false };
const Resealed = Type.Object({ resealed: Type.Integer() }, closed);
const Unmigrated = Type.Object({ unmigrated: Type.Integer() }, closed);

/** What the rotation of keys (`npm run keystone`) needs of a cloud that runs: what is kept sealed is in its database. */
@Controller('internal')
export class KeysController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  /** Seals what is not Keystone's by the key of tokens that writes, before a rotation takes an older one away. */
  @Post('keys/reseal')
  @HttpCode(200)
  @Policy('novaflow:keys')
  @Answers(Resealed)
  async reseal() {
    return { resealed: await this.services.nova.resealSecrets() };
  }

  /** How many credentials are sealed by another key than the one that writes. */
  @Get('credentials')
  @Policy('novaflow:keys')
  @Answers(Unmigrated)
  async unmigrated() {
    return { unmigrated: await this.services.keystone.unmigratedCredentials() };
  }

  /** Seals all credentials by the key that writes. */
  @Post('credentials/migrate')
  @HttpCode(200)
  @Policy('novaflow:keys')
  @Answers(Resealed)
  async migrate() {
    return { resealed: await this.services.keystone.migrateCredentials() };
  }
}
