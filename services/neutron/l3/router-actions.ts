import type { RequestContext } from '../../kernel/context.js';
import type { Queries } from '../../kernel/database.js';
import type { Records } from '../../kernel/resource/records.js';
import type { RowOf } from '../../kernel/resource/spec.js';
import type { router } from '../resources/router.js';
import type { NeutronParts } from '../words.js';
import { attachedPorts } from './attached.js';
import { addByPort, addBySubnet, removeByPort, removeBySubnet, type InterfaceInfo } from './interfaces.js';
import { badRouter, type Route } from './refusals.js';
import { checkReach, checkedRoutes, reachOf, withRoutes, withoutRoutes } from './routes.js';

type Include = NonNullable<typeof router.include>;
type RouterRow = RowOf<'router', Include>;
type Routers = Records<NeutronParts, 'router', Include, typeof router.fields>;
/** What somebody may see of another resource. @throws 404 */
interface Seen {
  get(ctx: RequestContext, id: string): Promise<unknown>;
}
/** What an interface is added or removed by. */
export interface InterfaceRequest {
  readonly subnet_id?: string | undefined;
  readonly port_id?: string | undefined;
}
const UUID = /^[\da-f]{8}-?([\da-f]{4}-?){3}[\da-f]{12}$/i;

/** What is done with a router beside changing its attributes. Each locks the router's row first, and counts as a revision of it. */
export class RouterActions {
  constructor(
    private readonly routers: Routers,
    private readonly subnets: Seen,
    private readonly ports: Seen,
    private readonly parts: NeutronParts,
  ) {}

  /** @throws 400, 404, 409 in Neutron's words, and 412 for another revision than the expected one */
  async addInterface(ctx: RequestContext, id: string, asked: InterfaceRequest, revision?: number) {
    const rule = 'add_router_interface';
    await this.routers.getFor(ctx, id, 'update', rule);
    checkRequest(asked);
    const { subnet_id, port_id } = asked;
    if (subnet_id !== undefined && port_id !== undefined) throw badRouter('Cannot specify both subnet-id and port-id');
    if (port_id === undefined) await this.subnets.get(ctx, subnet_id!);
    else await this.ports.get(ctx, port_id);
    const asker = { projectId: ctx.projectId, admin: this.parts.isAdmin(ctx) };
    return this.acting(ctx, id, rule, revision, (tx, router) =>
      port_id === undefined ? addBySubnet(tx, router, subnet_id!, asker) : addByPort(tx, router, port_id, asker),
    );
  }

  /** @throws as addInterface */
  async removeInterface(ctx: RequestContext, id: string, asked: InterfaceRequest, revision?: number) {
    const rule = 'remove_router_interface';
    await this.routers.getFor(ctx, id, 'update', rule);
    checkRequest(asked);
    const { subnet_id, port_id } = asked;
    if (port_id === undefined) await this.subnets.get(ctx, subnet_id!);
    return this.acting(ctx, id, rule, revision, (tx, router) =>
      port_id === undefined ? removeBySubnet(tx, router, subnet_id!) : removeByPort(tx, router, port_id, subnet_id),
    );
  }

  /** Adds routes to those that there are; what is there already stays. @throws 400, 404, 409, 412 */
  addRoutes(ctx: RequestContext, id: string, routes: readonly Route[], revision?: number): Promise<RouterRow> {
    return this.setRoutes(ctx, id, 'add_extraroutes', (old) => withRoutes(old, checkedRoutes(routes)), revision);
  }

  /** Removes routes; what is not there need not be removed. @throws 400, 404, 412 */
  removeRoutes(ctx: RequestContext, id: string, routes: readonly Route[], revision?: number): Promise<RouterRow> {
    return this.setRoutes(ctx, id, 'remove_extraroutes', (old) => withoutRoutes(old, checkedRoutes(routes)), revision);
  }

  private setRoutes(
    ctx: RequestContext,
    id: string,
    rule: string,
    next: (old: readonly Route[]) => Route[],
    revision: number | undefined,
  ): Promise<RouterRow> {
    return this.routers.change(
      ctx,
      id,
      async (row, { tx }) => {
        const routes = next(routesOf(row));
        checkReach(routes, ...reachOf(await attachedPorts(tx, id)));
        return { routes };
      },
      rule,
      revision,
    );
  }

  private async acting(
    ctx: RequestContext,
    id: string,
    rule: string,
    revision: number | undefined,
    act: (tx: Queries, router: { id: string; project_id: string; routes: Route[] }) => Promise<InterfaceInfo>,
  ): Promise<InterfaceInfo> {
    const done: InterfaceInfo[] = [];
    const next = async (row: RouterRow, { tx }: { tx: Queries }) => {
      done.push(await act(tx, { id, project_id: row.project_id, routes: routesOf(row) }));
      return {};
    };
    await this.routers.change(ctx, id, next, rule, revision);
    return done[0]!;
  }
}

const routesOf = ({ routes }: Pick<RouterRow, 'routes'>): Route[] => routes as unknown as Route[];

/** @throws 400 (l3_db: _validate_interface_info) */
function checkRequest(asked: InterfaceRequest): void {
  const given = [asked.port_id, asked.subnet_id].filter((one) => one !== undefined);
  if (given.length === 0) throw badRouter('Either subnet_id or port_id must be specified');
  for (const one of given) if (!UUID.test(one)) throw badRouter(`'${one}' is not a valid UUID`);
}
