import type { Resources } from '../allocations.js';
import { fits } from '../fits.js';
import type { Forest, Provider } from './forest.js';
import type { CandidatesRequest, Group } from './request.js';

/** A part of a request that one provider has to give, with the providers of which each could. */
export interface Slot {
  readonly group: Group;
  readonly resources: Resources;
  readonly providers: readonly Provider[];
}

/** A list has one of each of these. */
const hasOneOfEach = (list: readonly string[], each: readonly (readonly string[])[]): boolean =>
  each.every((any) => any.some((one) => list.includes(one)));
const hasNone = (list: readonly string[], none: readonly string[]): boolean => !none.some((one) => list.includes(one));

/**
 * The slots of a request in each tree that has a provider for all of them, by the root of the tree
 * (placement/objects/research_context.py). The slots of all trees are the same but for their providers.
 */
export function slotsByTree(forest: Forest, request: CandidatesRequest): Slot[][] {
  const wanted = request.groups.flatMap((group): (readonly [Group, Resources])[] =>
    group.suffix === ''
      ? Object.entries(group.resources).map(([name, amount]) => [group, { [name]: amount }])
      : [[group, group.resources]],
  );
  const found = wanted.map(([group, resources]) => providersByTree(forest, group, resources));
  const [first] = found;
  const roots = [...(first?.keys() ?? [])].filter(
    (root) => found.every((one) => one.has(root)) && isGoodRoot(forest.get(root), request),
  );
  return roots.map((root) =>
    wanted.map(([group, resources], i) => ({ group, resources, providers: found[i]!.get(root)! })),
  );
}

function isGoodRoot(root: Provider | undefined, { root: { required, forbidden } }: CandidatesRequest): boolean {
  return root !== undefined && required.every((one) => root.traits.includes(one)) && hasNone(root.traits, forbidden);
}

function providersByTree(forest: Forest, group: Group, resources: Resources): ReadonlyMap<string, Provider[]> {
  const tree = group.inTree === undefined ? undefined : (forest.get(group.inTree)?.root ?? '');
  const byTree = new Map<string, Provider[]>();
  for (const provider of forest.providers) {
    if (tree !== undefined && provider.root !== tree) continue;
    if (!Object.entries(resources).every(([name, amount]) => fits(amount, provider.classes[name]))) continue;
    if (!hasNone(provider.traits, group.forbidden)) continue;
    for (const root of group.suffix === '' ? rootsFor(forest, group, provider) : alone(forest, group, provider))
      if (byTree.get(root)?.push(provider) === undefined) byTree.set(root, [provider]);
  }
  return byTree;
}

/** A group of one provider is all of that provider: its traits and its aggregates. */
function alone(forest: Forest, group: Group, provider: Provider): Iterable<string> {
  const { resources, required, memberOf, notMemberOf } = group;
  // Placement finds nothing for a group that names nothing that a provider is to have.
  const asks = Object.keys(resources).length + required.length + memberOf.length > 0;
  const good =
    asks &&
    hasOneOfEach(provider.traits, required) &&
    hasOneOfEach(provider.aggregates, memberOf) &&
    hasNone(provider.aggregates, notMemberOf);
  return good ? forest.anchorsOf(provider) : [];
}

/** A provider of the group that is spread may be in an aggregate by the root of the tree that uses it. */
function rootsFor(forest: Forest, { inTree, memberOf, notMemberOf }: Group, provider: Provider): string[] {
  const own = hasOneOfEach(provider.aggregates, memberOf);
  const anchors = inTree === undefined && own ? forest.anchorsOf(provider) : [provider.root];
  return [...anchors].filter((id) => {
    const aggregates = forest.get(id)?.aggregates ?? [];
    return (
      (own || hasOneOfEach(aggregates, memberOf)) &&
      hasNone(provider.aggregates, notMemberOf) &&
      hasNone(aggregates, notMemberOf)
    );
  });
}

/** Whether the providers of the group that is spread have together what it requires. */
export function haveTogether({ required }: Group, providers: readonly Provider[]): boolean {
  return hasOneOfEach(
    providers.flatMap(({ traits }) => traits),
    required,
  );
}
