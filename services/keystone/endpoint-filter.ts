import { isConflict, type Queries } from '../kernel/database.js';
import { conflict, notFound } from '../kernel/errors.js';
import { rowType, rowsOf, text } from '../kernel/rows.js';
import { givenTo, MATCHES } from './catalog/filtered.js';
import { find, hold } from './held.js';
import { tellOfTokens, type KeystoneParts } from './words.js';

const ID = rowType({ id: text });
const taken = (kind: string) => (error: unknown) => {
  throw isConflict(error)
    ? conflict('Conflict', `Conflict occurred attempting to store ${kind} - Duplicate entry.`)
    : error;
};

/**
 * Which endpoints a project sees (OS-EP-FILTER; keystone/api/os_ep_filter.py): those that it was given, by themselves or by groups,
 * and all of them where it was given none. Who may look and change is for the routes' rules: they look at nothing else.
 */
export class EndpointFilter {
  constructor(private readonly parts: KeystoneParts) {}

  private get db() {
    return this.parts.db;
  }

  /** Gives an endpoint to a project. @throws 404 without one of them, 409 where the project has it */
  addEndpoint(project_id: string, endpoint_id: string): Promise<void> {
    return this.changing(async (tx) => {
      await hold(tx, ['endpoint', endpoint_id], ['project', project_id]);
      await tx.projectEndpoint.create({ data: { endpoint_id, project_id } }).catch(taken('project_endpoint'));
    });
  }

  /** @throws 404 without one of them, and where the project was not given it */
  async checkEndpoint(project_id: string, endpoint_id: string): Promise<void> {
    await find(this.db, ['endpoint', endpoint_id], ['project', project_id]);
    const given = await this.db.projectEndpoint.findFirst({ where: { endpoint_id, project_id } });
    if (given === null) throw notGiven(project_id, endpoint_id);
  }

  /** @throws 404 where the project was not given it */
  removeEndpoint(project_id: string, endpoint_id: string): Promise<void> {
    return this.changing(async (tx) => {
      const { count } = await tx.projectEndpoint.deleteMany({ where: { endpoint_id, project_id } });
      if (count === 0) throw notGiven(project_id, endpoint_id);
    });
  }

  /** All that a project was given, also by groups. @throws 404 without the project */
  async endpointsOf(projectId: string) {
    await find(this.db, ['project', projectId]);
    const given = await rowsOf(this.db, ID)(givenTo(projectId));
    return this.db.endpoint.findMany({ where: { id: { in: given.map(({ id }) => id) } }, orderBy: { id: 'asc' } });
  }

  /** The projects that were given an endpoint by itself. @throws 404 without the endpoint */
  async projectsOf(endpoint_id: string) {
    await find(this.db, ['endpoint', endpoint_id]);
    return this.db.project.findMany({ where: { endpoints: { some: { endpoint_id } } }, orderBy: { name: 'asc' } });
  }

  /** @throws 404 without the project */
  async groupsOf(project_id: string) {
    await find(this.db, ['project', project_id]);
    return this.db.endpointGroup.findMany({ where: { projects: { some: { project_id } } }, orderBy: { name: 'asc' } });
  }

  /** The endpoints that are as a group wants them. @throws 404 without the group */
  async endpointsOfGroup(groupId: string) {
    await find(this.db, ['endpoint_group', groupId]);
    const matching = await rowsOf(this.db, ID)`
      SELECT e.id FROM keystone.endpoint_groups g JOIN keystone.endpoints e ON ${MATCHES} WHERE g.id = ${groupId}`;
    return this.db.endpoint.findMany({ where: { id: { in: matching.map(({ id }) => id) } }, orderBy: { id: 'asc' } });
  }

  /** The projects that were given a group; none for one that is not there, as in Keystone. */
  projectsOfGroup(endpoint_group_id: string) {
    return this.db.project.findMany({
      where: { endpointGroups: { some: { endpoint_group_id } } },
      orderBy: { name: 'asc' },
    });
  }

  /** Gives a group to a project. @throws 404 without one of them, 409 where the project has it */
  addGroup(endpoint_group_id: string, project_id: string): Promise<void> {
    return this.changing(async (tx) => {
      await hold(tx, ['project', project_id], ['endpoint_group', endpoint_group_id]);
      await tx.projectEndpointGroup
        .create({ data: { endpoint_group_id, project_id } })
        .catch(taken('project_endpoint_group'));
    });
  }

  /** @throws 404 without one of them, and where the project was not given it */
  async checkGroup(endpoint_group_id: string, project_id: string) {
    await find(this.db, ['project', project_id], ['endpoint_group', endpoint_group_id]);
    const given = await this.db.projectEndpointGroup.findFirst({ where: { endpoint_group_id, project_id } });
    if (given === null) throw groupNotGiven();
    return given;
  }

  /** @throws 404 without one of them, and where the project was not given it */
  removeGroup(endpoint_group_id: string, project_id: string): Promise<void> {
    return this.changing(async (tx) => {
      await hold(tx, ['project', project_id], ['endpoint_group', endpoint_group_id]);
      const { count } = await tx.projectEndpointGroup.deleteMany({ where: { endpoint_group_id, project_id } });
      if (count === 0) throw groupNotGiven();
    });
  }

  private async changing(change: (tx: Queries) => Promise<void>): Promise<void> {
    await this.db.$transaction(async (tx) => {
      await change(tx);
      await tellOfTokens(tx);
    });
    this.parts.forgetTokens();
  }
}

const notGiven = (projectId: string, endpointId: string) =>
  notFound('NotFound', `Endpoint ${endpointId} not found in project ${projectId}`);
const groupNotGiven = () => notFound('NotFound', 'Endpoint Group Project Association not found');
