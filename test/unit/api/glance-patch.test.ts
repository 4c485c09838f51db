import { describe, expect, it } from 'vitest';
import { readPatch } from '#apps/api/glance/json-patch';
import { timeCondition } from '#apps/api/http/time-filters';
import { metadataFilter } from '#services/cinder/metadata-filter';
import { image } from '#services/glance/index';

const contentType = 'application/openstack-images-v2.1-json-patch; charset=utf-8';
const schema = { type: 'object' } as const;
const patched = (row: object, operations: unknown[]): Record<string, unknown> =>
  readPatch(image, { contentType, body: operations, schema }, () => undefined)(row as Record<string, unknown>);

describe('a patch of an image', () => {
  it('works on the record as its operations before have left it', () => {
    const operations = [
      { op: 'add', path: '/a', value: '1' },
      { op: 'replace', path: '/a', value: '2' },
      { op: 'add', path: '/b', value: '3' },
      { op: 'remove', path: '/b' },
      { op: 'remove', path: '/c' },
    ];
    expect(patched({ properties: { c: '4', d: '5' } }, operations)).toEqual({ a: '2', c: undefined, d: '5' });
    expect(() => patched({ properties: {} }, operations)).toThrow('Property c does not exist.');
  });

  it('makes no more properties than an image may have, and may take from one that has more', () => {
    const many = Object.fromEntries(Array.from({ length: 128 }, (_, i) => [`p${i}`, 'v']));
    expect(() => patched({ properties: many }, [{ op: 'add', path: '/more', value: 'v' }])).toThrow(/Maximum: 128/);
    const more = { ...many, x: 'v', y: 'v' };
    expect(Object.keys(patched({ properties: more }, [{ op: 'remove', path: '/x' }]))).toHaveLength(130);
  });
});

describe('the filters of lists', () => {
  it('compare times by the second that is shown', () => {
    const time = new Date('2026-01-01T00:00:00Z');
    const next = new Date('2026-01-01T00:00:01Z');
    const of = (operator: 'gt' | 'lte' | 'neq' | 'eq') =>
      timeCondition('t', operator, time).map((c) => [c.operator, ...c.values]);
    expect(of('gt')).toEqual([['gte', next]]);
    expect(of('lte')).toEqual([['lt', next]]);
    expect(of('neq')).toEqual([['outside', time, next]]);
    expect(of('eq')).toEqual([
      ['gte', time],
      ['lt', next],
    ]);
  });

  it('take a dictionary as Python writes it', () => {
    const pair = (key: string, value: string): object => ({ metadata: { path: [key], equals: value } });
    expect(metadataFilter([`{'a': "b'c", "d" : 'e,f:g'}`])).toEqual({ AND: [pair('a', "b'c"), pair('d', 'e,f:g')] });
    expect(metadataFilter(['{}'])).toEqual({ AND: [] });
    for (const bad of ['', 'a', '{a: 1}', "{'a'}", "{'a': 'b'"])
      expect(() => metadataFilter([bad])).toThrow(/metadata/);
  });
});
