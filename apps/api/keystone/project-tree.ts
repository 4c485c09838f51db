import { Type } from 'typebox';
import { badRequest } from '#services/kernel/errors';
import type { Parameter } from '../http/described.js';
import type { QueryLists } from '../kit/dialect.js';
import type { Expansion } from '../kit/resource.js';

const flag = (description: string): Parameter => ({ schema: Type.String(), description });

/** A parameter that is there says yes, unless it is 0 (keystone/server/flask/common.py: query_filter_is_true). */
export const isTrue = (query: QueryLists, name: string): boolean => {
  const value = query[name]?.[0];
  return value !== undefined && value !== '0';
};

/** What is above and below a project, in its answer (keystone/api/projects.py: _expand_project_ref). */
export const projectTree: Expansion = {
  query: {
    parents_as_list: flag('With the projects above it, of those on which the asker has a role.'),
    parents_as_ids: flag('With the ids of the projects above it.'),
    subtree_as_list: flag('With the projects below it, of those on which the asker has a role.'),
    subtree_as_ids: flag('With the ids of the projects below it.'),
  },
  async of({ services, ctx, query }, row, view) {
    const tree = services.keystone.projectTree;
    const id = String(row['id']);
    for (const what of ['parents', 'subtree'])
      if (isTrue(query, `${what}_as_list`) && isTrue(query, `${what}_as_ids`))
        throw badRequest(`Cannot use ${what}_as_list and ${what}_as_ids query params at the same time.`);
    return {
      ...(isTrue(query, 'parents_as_list') ? { parents: (await tree.parents(ctx, id)).map(view) } : {}),
      ...(isTrue(query, 'parents_as_ids') ? { parents: await tree.parentIds(id) } : {}),
      ...(isTrue(query, 'subtree_as_list') ? { subtree: (await tree.subtree(ctx, id)).map(view) } : {}),
      ...(isTrue(query, 'subtree_as_ids') ? { subtree: await tree.subtreeIds(id) } : {}),
    };
  },
};
