import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { forbidden } from '#services/kernel/errors';
import { hostRoleOf, type HostRole } from '#services/keystone/host-users';
import type { ApiRequest } from '../http/request.js';

/** The host role that asks: its token's user says who it is. @throws 403 for the user of no host role */
export const Asker = createParamDecorator((_: unknown, execution: ExecutionContext): HostRole => {
  const { tokenInfo } = execution.switchToHttp().getRequest<ApiRequest>();
  const { user } = tokenInfo ?? {};
  // Names are unique within a domain, and only administrators make users.
  const role = user?.domain.id === 'default' ? hostRoleOf(user.name) : undefined;
  if (!role) throw forbidden("Policy doesn't allow novaflow:internal to be performed.");
  return role;
});
