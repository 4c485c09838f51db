import { Body, Controller, Get, Inject, Param, Put } from '@nestjs/common';
import { Type, type TProperties, type TSchema } from 'typebox';
import { badRequest } from '#services/kernel/errors';
import type { Services } from '#services/index';
import type { Resource } from '#services/nova/index';
import { byMinor } from '../http/by-minor.js';
import { Described } from '../http/described.js';
import { integerText } from '../http/parameter-types.js';
import { Policy } from '../http/policy.js';
import { Minor } from '../http/request.js';
import { SERVICES } from '../http/tokens.js';
import { validate } from '../http/validation.js';
import { ALWAYS, FILES, NETWORK } from './quotas.js';

/** From here on classes have no quotas of nova-network, and show those of server groups, which could be set before. */
const WITHOUT_NETWORK = 50;
/** And from here on none of injected files. */
const WITHOUT_FILES = 57;
const CHANGES = [1, WITHOUT_NETWORK, WITHOUT_FILES];
/** nova.quota_classes.class_name, which Nova names in its refusal. */
const LONGEST_NAME = 255;

const settable = (minor: number): readonly Resource[] => [
  ...ALWAYS,
  ...(minor < WITHOUT_NETWORK ? NETWORK : []),
  ...(minor < WITHOUT_FILES ? FILES : []),
];
const shown = (minor: number): readonly Resource[] =>
  settable(minor).filter((one) => minor >= WITHOUT_NETWORK || !one.startsWith('server_group'));

const strict = { additionalProperties: false };
const bodySchema = byMinor((minor): TSchema => {
  const limits = Object.fromEntries(settable(minor).map((one) => [one, Type.Optional(integerText(-1))]));
  return Type.Object({ quota_class_set: Type.Object(limits, strict) }, strict);
}, CHANGES);
const answerWith = (more: TProperties) =>
  byMinor((minor) => {
    const limits = Object.fromEntries(shown(minor).map((one) => [one, Type.Integer({ minimum: -1 })]));
    return Type.Object({ quota_class_set: Type.Object({ ...more, ...limits }, strict) }, strict);
  }, CHANGES);

/**
 * Quotas by class (nova/api/openstack/compute/quota_classes.py). A class is there without being made. That of `default` is
 * what projects have of which nothing is set; others are kept, and nobody has them.
 */
@Controller('compute/v2.1/os-quota-class-sets')
export class QuotaClassesController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get(':id')
  @Policy('os_compute_api:os-quota-class-sets:show')
  @Described({ answer: answerWith({ id: Type.String() }) })
  async show(@Minor() minor: number, @Param('id') id: string) {
    return { quota_class_set: { id, ...(await this.limits(id, minor)) } };
  }

  @Put(':id')
  @Policy('os_compute_api:os-quota-class-sets:update')
  @Described({ body: { schema: bodySchema }, answer: answerWith({}) })
  async update(@Minor() minor: number, @Param('id') id: string, @Body() body: unknown) {
    const { quota_class_set } = validate(bodySchema(minor), body) as {
      quota_class_set: Record<string, number | string>;
    };
    if (id.length > LONGEST_NAME)
      throw badRequest(`quota_class_name has ${id.length} characters, more than ${LONGEST_NAME}.`);
    const limits = Object.entries(quota_class_set).map(([resource, limit]) => [resource, Number(limit)]);
    await this.services.nova.quotas.setClass(id, Object.fromEntries(limits) as Partial<Record<Resource, number>>);
    return { quota_class_set: await this.limits(id, minor) };
  }

  private async limits(id: string, minor: number): Promise<object> {
    const limits = await this.services.nova.quotas.ofClass(id);
    return Object.fromEntries(shown(minor).map((one) => [one, limits[one]]));
  }
}
