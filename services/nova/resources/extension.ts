import { Type } from 'typebox';
import { notFound } from '../../kernel/errors.js';
import { always, text } from '../../kernel/resource/fields.js';
import { EXTENSIONS } from '../extensions.js';
import { view } from '../words.js';

/** An extension (nova/api/openstack/compute/extension_info.py). */
export const extension = view({
  names: ['extension', 'extensions'],
  key: 'alias',
  actions: ['list', 'get'],
  rules: { list: 'os_compute_api:extensions', get: 'os_compute_api:extensions' },
  fields: {
    alias: text({}),
    name: text({}),
    description: text({}),
    links: always([], Type.Array(Type.Unknown())),
    namespace: always('http://docs.openstack.org/compute/ext/fake_xml', Type.String()),
    updated: always('2014-12-03T00:00:00Z', Type.String()),
  },
});

const rows = EXTENSIONS.map(([alias, name, description]) => ({ alias, name, description }));

/** The extensions, which are the same for all. */
export const extensions = {
  list: () => Promise.resolve({ rows, more: false }),
  get(_ctx: unknown, alias: string) {
    const found = rows.find((row) => row.alias === alias);
    if (found === undefined) throw notFound('HTTPNotFound', 'The resource could not be found.');
    return Promise.resolve(found);
  },
};
