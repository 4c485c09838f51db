import { Type } from 'typebox';
import type { RequestContext } from '../../../kernel/context.js';
import { OpenStackError, notFound } from '../../../kernel/errors.js';
import { computed, text } from '../../../kernel/resource/fields.js';
import type { ListQuery } from '../../../kernel/resource/query.js';
import { DRIVER, RULE_TYPES, SUPPORTED, isRuleType, type RuleType } from '../../qos/rule-types.js';
import { view, type NeutronParts } from '../../words.js';

interface Row {
  readonly type: RuleType;
}

/** A type of rules (neutron/objects/qos/rule_type.py). */
export const qosRuleType = view({
  names: ['rule_type', 'rule_types'],
  path: 'qos/rule-types',
  key: 'type',
  actions: ['list', 'get'],
  fields: {
    type: text({}),
    drivers: computed(
      Type.Array(Type.Record(Type.String(), Type.Unknown())),
      ({ type }: Row) => {
        const supported_parameters = SUPPORTED[type];
        return supported_parameters === undefined ? [] : [{ name: DRIVER, supported_parameters }];
      },
      { answers: ['get'] },
    ),
  },
  filters: { all_supported: true, all_rules: true },
});

/** The types that hosts can do, which an administrator sees in detail, and on request all that there are. */
export class QosRuleTypes {
  constructor(private readonly parts: Pick<NeutronParts, 'isAdmin'>) {}

  async list(_ctx: RequestContext, { conditions, marker, limit }: ListQuery): Promise<{ rows: Row[]; more: boolean }> {
    const all = conditions.some(({ field, values }) => field === 'all_rules' && isTrue(values[0]));
    const types = all ? RULE_TYPES : RULE_TYPES.filter((type) => Object.hasOwn(SUPPORTED, type));
    const first = types.findIndex((type) => type === marker) + 1;
    const rows = types.slice(first, first + limit).map((type) => ({ type }));
    return { rows, more: types.length > first + limit };
  }

  /** @throws 403 to who is no administrator, 404 */
  async get(ctx: RequestContext, type: string): Promise<Row> {
    if (!this.parts.isAdmin(ctx)) throw new OpenStackError(403, 'NotAuthorized', 'Not authorized.');
    if (!isRuleType(type)) throw notFound('HTTPNotFound', 'The resource could not be found.');
    return { type };
  }
}

const isTrue = (value: unknown): boolean => ['true', '1'].includes(String(value).toLowerCase());
