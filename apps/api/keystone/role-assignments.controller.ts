import { Controller, Get, Inject, Req } from '@nestjs/common';
import { Type } from 'typebox';
import type { Config } from '#config';
import type { Services } from '#services/index';
import { Answers, Described, type Parameters } from '../http/described.js';
import { PolicyOfHandler } from '../http/policy.js';
import type { ApiRequest } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { validateParameter } from '../http/validation.js';
import type { QueryLists } from '../kit/dialect.js';
import { queryOf } from '../kit/page.js';
import { AssignmentSchema, assignmentView } from './assignment-view.js';
import { selfOf } from './dialect.js';
import { isTrue } from './project-tree.js';

/** keystone/api/validation/parameter_types.py: id_string */
const Id = Type.String({ minLength: 1, maxLength: 64, pattern: '^[a-zA-Z0-9-]+$' });
const id = { schema: Id };
const INHERITED = 'scope.OS-INHERIT:inherited_to';
const PARAMETERS: Parameters = {
  'user.id': id,
  'group.id': id,
  'role.id': id,
  'scope.project.id': id,
  'scope.domain.id': id,
  'scope.system': { description: '`all` for those on the system.' },
  [INHERITED]: { description: '`projects` for those that are inherited; anything else for the others.' },
  effective: { description: 'As they take effect: by user and project, with the roles that are implied.' },
  include_names: { description: 'With the names of all that is in them.' },
  include_subtree: { description: 'With those on the projects below the one that is named.' },
};
const link = Type.Union([Type.String(), Type.Null()]);
const ListSchema = Type.Object(
  {
    role_assignments: Type.Array(AssignmentSchema),
    links: Type.Object({ next: link, self: link, previous: link }, { additionalProperties: false }),
  },
  { additionalProperties: false },
);

/** Who has which roles where. */
@Controller('identity/v3/role_assignments')
export class RoleAssignmentsController {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** With `include_subtree` its rule is another one, so that the service asks it. */
  @Get()
  @PolicyOfHandler('identity:list_role_assignments')
  @Described({ query: PARAMETERS })
  @Answers(ListSchema)
  async list(@Req() request: ApiRequest) {
    const query = queryOf(request);
    const found = await this.services.keystone.assignments.list(request.context!, {
      role: idOf(query, 'role.id'),
      user: idOf(query, 'user.id'),
      group: idOf(query, 'group.id'),
      project: idOf(query, 'scope.project.id'),
      domain: idOf(query, 'scope.domain.id'),
      system: query['scope.system']?.[0],
      inherited: query[INHERITED] === undefined ? undefined : query[INHERITED][0] === 'projects',
      effective: isTrue(query, 'effective'),
      subtree: isTrue(query, 'include_subtree'),
      names: isTrue(query, 'include_names'),
    });
    const base = `${this.config.publicUrl}/identity/v3`;
    return {
      role_assignments: found.map((one) => assignmentView(one, base)),
      links: { next: null, self: selfOf({ url: `${base}/role_assignments`, query }), previous: null },
    };
  }
}

function idOf(query: QueryLists, name: string): string | undefined {
  const value = query[name]?.[0];
  return value === undefined ? undefined : validateParameter(Id, name, value);
}
