import { describe, expect, it } from 'vitest';
import {
  plainField,
  type FieldSpec,
  type RecordAction,
  type ResourceSpec,
} from '../../../apps/dashboard/api/contract.js';
import { partFields, partsOf } from '../../../apps/dashboard/pages/resources/parts-of.js';
import { whyNoAction } from '../../../apps/dashboard/pages/resources/why-no-action.js';
import { below, findSpec, itemPage, listPage } from '../../../apps/dashboard/pages/resources/spec.js';

const spec = (name: string, path: string, of?: { readonly field: string; readonly name: string }): ResourceSpec => ({
  service: 'network',
  name,
  many: `${name}s`,
  title: name,
  path,
  detailPath: null,
  envelope: { one: name, many: `${name}s` },
  key: 'id',
  below: of === undefined ? null : { field: of.field, parent: { service: 'network', name: of.name } },
  pages: true,
  tags: false,
  revisions: false,
  madeBy: ['POST'],
  updateMethod: 'PUT',
  patchType: null,
  microversion: null,
  may: { list: true, get: true, create: true, update: true, delete: true },
  fields: [],
  actions: [],
});
const SPECS = [
  spec('floatingip', '/network/v2.0/floatingips'),
  spec('forwarding', '/network/v2.0/floatingips/:floatingip_id/forwardings', {
    field: 'floatingip_id',
    name: 'floatingip',
  }),
];

describe('what lies below a record of another resource', () => {
  it('is found by the page of that record, and asked for below its path', () => {
    const placed = findSpec(SPECS, { service: 'network', parent: 'floatingips', parentId: 'a/b', many: 'forwardings' });
    expect(placed.path).toBe('/network/v2.0/floatingips/a%2Fb/forwardings');
    expect(listPage(placed)).toBe('/network/floatingips/a%2Fb/forwardings');
    expect(itemPage(placed, 'x')).toBe('/network/floatingips/a%2Fb/forwardings/x');
  });

  it('is on no page without that record, nor below another one', () => {
    expect(() => findSpec(SPECS, { service: 'network', many: 'forwardings' })).toThrow('no forwardings');
    expect(() =>
      findSpec(SPECS, { service: 'network', parent: 'networks', parentId: 'a', many: 'forwardings' }),
    ).toThrow('no forwardings');
    expect(() =>
      findSpec(SPECS, { service: 'network', parent: 'floatingips', parentId: 'a', many: 'floatingips' }),
    ).toThrow('no floatingips');
  });

  it('is named on the page of that record', () => {
    expect(below(SPECS, SPECS[0]!).map(({ name }) => name)).toEqual(['forwarding']);
    expect(below(SPECS, SPECS[1]!)).toEqual([]);
  });
});

describe('what belongs to a record', () => {
  const field = (name: string, one: string, more: Partial<FieldSpec> = {}): FieldSpec =>
    plainField(name, {
      write: ['post'],
      required: ['post'],
      filter: true,
      refersTo: { service: 'network', name: one },
      ...more,
    });
  const group = spec('group', '/groups');
  const all = [
    ...SPECS,
    group,
    { ...spec('rule', '/rules'), fields: [field('group_id', 'group')] },
    { ...spec('port', '/ports'), fields: [field('group_id', 'group', { write: ['post', 'put'] })] },
    { ...spec('log', '/logs'), fields: [field('group_id', 'group', { required: [] })] },
    { ...spec('alias', '/aliases'), fields: [field('group_id', 'group')], may: { ...group.may, list: false } },
  ];

  it('is what lies below it, and what names it once and for all; not what may leave it, or be without it', () => {
    expect(partsOf(all, group, 'g').map((part) => [part.spec.name, part.field])).toEqual([['rule', 'group_id']]);
    const [forwarding] = partsOf(all, all[0]!, 'f/1');
    expect([forwarding!.spec.path, forwarding!.field]).toEqual([
      '/network/v2.0/floatingips/f%2F1/forwardings',
      undefined,
    ]);
  });
});

describe('a table of what belongs to a record', () => {
  it('shows what each is called by and what somebody has said of it, and not the record again', () => {
    const names = ['created_at', 'project_id', 'revision_number', 'status', 'id', 'group_id', 'direction', 'links'];
    const fields = names.map((name) =>
      plainField(name, name === 'direction' || name === 'group_id' ? { write: ['post'] } : {}),
    );
    const shown = partFields(
      { ...spec('rule', '/rules'), fields: [...fields, plainField('more', { type: 'json' })] },
      'group_id',
    );
    expect(shown.map(({ name }) => name)).toEqual(['id', 'direction', 'status']);
  });
});

describe('a button for an action on a record', () => {
  const action: RecordAction = {
    name: 'clear_gateway',
    label: 'Clear gateway',
    method: 'PUT',
    path: '/routers/:id',
    within: ['router', 'gateway'],
    item: false,
    fields: [],
    fixed: {},
    needs: { field: 'gateway', reason: 'The router has no gateway.' },
    may: true,
  };

  it('says why it may not be pressed: for want of a role, or since there is nothing to do', () => {
    expect(whyNoAction(action, { gateway: { network_id: 'n' } })).toBeUndefined();
    expect(whyNoAction(action, { gateway: null })).toBe('The router has no gateway.');
    expect(whyNoAction({ ...action, needs: { field: 'routes', reason: 'None.' } }, { routes: [] })).toBe('None.');
    expect(whyNoAction({ ...action, may: false }, { gateway: {} })).toMatch(/roles/);
  });
});
