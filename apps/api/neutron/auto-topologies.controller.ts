import { Controller, Delete, Get, HttpCode, Inject, Param, Req } from '@nestjs/common';
import { Type, type Static } from 'typebox';
import type { Services } from '#services/index';
import { OpenStackError } from '#services/kernel/errors';
import { Answers, Described } from '../http/described.js';
import { Policy, type TargetOf } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import { queryOf } from '../kit/page.js';

const text = Type.String();
const Topology = Type.Object(
  { auto_allocated_topology: Type.Object({ id: text, tenant_id: text, project_id: text }) },
  { additionalProperties: false, title: 'AutoAllocatedTopology' },
);
/** Clients that know no project's id send this for their own. */
const OWN = 'None';
const DRY_RUN = 'dry-run';

/** The project that a path names. */
const projectOf = (named: string, own: string): string => (named === OWN ? own : named);
const target: TargetOf = ({ params }, { project_id }) => ({
  project_id: projectOf(String((params as Record<string, unknown>)['project_id']), project_id ?? ''),
});

/** The network that a project is given when it asks for one (neutron_lib/api/definitions/auto_allocated_topology.py). */
@Controller('network/v2.0/auto-allocated-topology/:project_id')
export class AutoTopologiesController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get()
  @Policy('network:get_auto_allocated_topology', target)
  @Described({
    summary: 'Show auto allocated topology',
    refusals: [409],
    query: { fields: { many: true, description: `Nothing but ${DRY_RUN}: whether one could be made.` } },
  })
  @Answers(Topology)
  async get(@Req() request: ApiRequest, @Param('project_id') named: string): Promise<Static<typeof Topology>> {
    const { autoTopologies } = this.services.neutron;
    const context = request.context!;
    const project_id = projectOf(named, context.projectId);
    const fields = queryOf(request)['fields'] ?? [];
    const shown = (id: string) => ({ auto_allocated_topology: { id, tenant_id: project_id, project_id } });
    if (fields.includes(DRY_RUN)) {
      await autoTopologies.check(context);
      return shown('dry-run=pass');
    }
    if (fields.length > 0)
      throw new OpenStackError(400, 'BadRequest', 'Bad auto_allocate request: Unrecognized field.');
    return shown(await autoTopologies.get(context, project_id));
  }

  @Delete()
  @HttpCode(204)
  @Policy('network:delete_auto_allocated_topology', target)
  async delete(@Req() { context }: ApiRequest, @Param('project_id') named: string): Promise<void> {
    await this.services.neutron.autoTopologies.delete(context!, projectOf(named, context!.projectId));
  }
}
