import { Controller, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { Type, type Static } from 'typebox';
import type { Services } from '#services/index';
import { ValidBody } from '../http/described.js';
import { Public } from '../http/policy.js';
import { SERVICES } from '../http/tokens.js';

/** keystone/identity/schema.py: password_change */
const ChangePasswordSchema = Type.Object({
  user: Type.Object({ original_password: Type.String(), password: Type.String() }, { additionalProperties: false }),
});

/** What users do for themselves: another password. */
@Controller('identity/v3')
export class UsersController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  /** The old password is all that a user needs, as in Keystone: the token may have ended with a password that expired. */
  @Post('users/:id/password')
  @HttpCode(204)
  @Public()
  async changePassword(
    @Param('id') id: string,
    @ValidBody(ChangePasswordSchema) { user }: Static<typeof ChangePasswordSchema>,
  ): Promise<void> {
    await this.services.keystone.changePassword(id, user.original_password, user.password);
  }
}
