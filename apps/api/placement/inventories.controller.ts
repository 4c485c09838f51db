import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Put, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Config } from '#config';
import { OpenStackError, notFound } from '#services/kernel/errors';
import type { Services } from '#services/index';
import type { Inventory } from '#services/placement/index';
import { Answers, Described } from '../http/described.js';
import { ownValue } from '../http/own.js';
import { Policy } from '../http/policy.js';
import { Minor } from '../http/request.js';
import { CONFIG, SERVICES } from '../http/tokens.js';
import { InventoriesAnswer, InventoryAnswer } from './answer-schemas.js';
import { check, freshness } from './dialect.js';
import { CreateInventory, ReplaceInventories, UpdateInventory, inventoryOf } from './inventory-schemas.js';

/** Since then all inventories of a provider can be taken away at once. */
const DELETE_ALL = 5;

/**
 * What a provider has of each class (placement/handlers/inventory.py). A provider that is not there is
 * refused before what is wrong with a body, so handlers check bodies themselves.
 */
@Controller('placement/resource_providers/:id/inventories')
export class InventoriesController {
  constructor(
    @Inject(SERVICES) private readonly services: Services,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  private get inventories() {
    return this.services.placement.inventory;
  }

  @Get()
  @Policy('placement:resource_providers:inventories:list')
  @Answers(InventoriesAnswer)
  async list(@Minor() minor: number, @Param('id') id: string, @Res({ passthrough: true }) reply: FastifyReply) {
    void reply.headers(freshness([], minor));
    const { generation, inventories } = await this.inventories.of(id);
    return { resource_provider_generation: generation, inventories };
  }

  @Post()
  @Policy('placement:resource_providers:inventories:create')
  @Described({ body: { schema: CreateInventory } })
  @Answers(InventoryAnswer)
  async create(
    @Minor() minor: number,
    @Param('id') id: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    await this.inventories.of(id);
    const { resource_class: name, ...given } = check(CreateInventory, body);
    const inventory = inventoryOf(given, name, minor, unable('create', id));
    const { generation } = await this.inventories.add(id, name, inventory);
    void reply
      .headers(freshness([], minor))
      .header('location', `${this.config.publicUrl}/placement/resource_providers/${id}/inventories/${name}`);
    return viewOf(inventory, generation);
  }

  @Put()
  @Policy('placement:resource_providers:inventories:update')
  @Described({ body: { schema: ReplaceInventories } })
  @Answers(InventoriesAnswer)
  async replace(
    @Minor() minor: number,
    @Param('id') id: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    await this.inventories.of(id);
    const { resource_provider_generation: expected, inventories: given } = check(ReplaceInventories, body);
    const inventories = Object.fromEntries(
      Object.entries(given).map(([name, one]) => [name, inventoryOf(one, name, minor, unable('update', id))]),
    );
    const { generation } = await this.inventories.replace(id, expected, inventories);
    void reply.headers(freshness([], minor));
    return { resource_provider_generation: generation, inventories };
  }

  @Delete()
  @HttpCode(204)
  @Policy('placement:resource_providers:inventories:delete')
  @Described({ since: DELETE_ALL })
  async removeAll(@Minor() minor: number, @Param('id') id: string): Promise<void> {
    if (minor < DELETE_ALL)
      throw new OpenStackError(405, 'HTTPMethodNotAllowed', 'The method DELETE is not allowed for this resource.');
    await this.inventories.replace(id, undefined, {});
  }

  @Get(':class')
  @Policy('placement:resource_providers:inventories:show')
  @Answers(InventoryAnswer)
  async show(
    @Minor() minor: number,
    @Param('id') id: string,
    @Param('class') name: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { generation, inventories } = await this.inventories.of(id);
    const inventory = ownValue(inventories, name);
    if (inventory === undefined) throw notFound('NotFound', `No inventory of class ${name} for ${id}`);
    void reply.headers(freshness([], minor));
    return viewOf(inventory, generation);
  }

  @Put(':class')
  @Policy('placement:resource_providers:inventories:update')
  @Described({ body: { schema: UpdateInventory } })
  @Answers(InventoryAnswer)
  async update(
    @Minor() minor: number,
    @Param('id') id: string,
    @Param('class') name: string,
    @Body() body: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    await this.inventories.of(id);
    const given = check(UpdateInventory, body);
    const inventory = inventoryOf(given, name, minor, unable('update', id));
    const { generation } = await this.inventories.set(id, given.resource_provider_generation, name, inventory);
    void reply.headers(freshness([], minor));
    return viewOf(inventory, generation);
  }

  @Delete(':class')
  @HttpCode(204)
  @Policy('placement:resource_providers:inventories:delete')
  async remove(@Param('id') id: string, @Param('class') name: string): Promise<void> {
    await this.inventories.remove(id, name);
  }
}

/** Placement leaves a generation of 0 out. */
const viewOf = (inventory: Inventory, generation: number) => ({
  ...inventory,
  ...(generation === 0 ? {} : { resource_provider_generation: generation }),
});

const unable =
  (action: string, id: string) =>
  (message: string): string =>
    `Unable to ${action} inventory for resource provider ${id}: ${message}`;
