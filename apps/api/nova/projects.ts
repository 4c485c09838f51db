import { OpenStackError, badRequest } from '#services/kernel/errors';
import type { Services } from '#services/index';

/** @throws 400 in Nova's words for a project that Keystone does not know (nova/api/openstack/identity.py) */
export async function checkProject({ keystone }: Services, id: string): Promise<void> {
  await keystone.getProject(id).catch((error: unknown) => {
    throw error instanceof OpenStackError && error.status === 404
      ? badRequest(`Project ID ${id} is not a valid project.`)
      : error;
  });
}
