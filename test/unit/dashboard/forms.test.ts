import { describe, expect, it } from 'vitest';
import { plainField, type ActionSpec, type FieldSpec } from '../../../apps/dashboard/api/contract.js';
import { fieldOf, wordsOf } from '../../../apps/dashboard/api/errors.js';
import { valuesOf, withOne } from '../../../apps/dashboard/pages/resources/values.js';
import { whyNot } from '../../../apps/dashboard/pages/servers/can.js';

const field = (name: string, more: Partial<FieldSpec> = {}): FieldSpec =>
  plainField(name, { write: ['post', 'put'], ...more });

describe('an error of the API', () => {
  it.each([
    [{ badRequest: { code: 400, message: 'Bad name' } }, 'Bad name'],
    [{ NeutronError: { type: 'X', message: 'Bad mtu', detail: '' } }, 'Bad mtu'],
    [{ error: { code: 401, message: 'Log in', title: 'Unauthorized' } }, 'Log in'],
    [{ errors: [{ status: 404, title: 'Not Found', detail: 'No such provider' }] }, 'No such provider'],
    [{ error_message: { faultcode: 'Client', faultstring: 'Bad rule', debuginfo: null } }, 'Bad rule'],
    [{ code: 404, title: 'Not Found', description: 'No such metric' }, 'No such metric'],
    ['<html><body><h1>409 Conflict</h1>It is there.</body></html>', '409 Conflict It is there.'],
    [{ nothing: 1 }, undefined],
  ])('is read in the words of every service: %j', (body, words) => {
    expect(wordsOf(body)).toBe(words);
  });

  it.each([
    ["Invalid input for field/attribute name. Value: ''. '' is too short", 'name'],
    ["Invalid input for mtu. Reason: '1' is too small.", 'mtu'],
    ["'cidr' is a required property", 'cidr'],
    ['The quota is exceeded', undefined],
  ])('is beside the field that it names: %s', (message, named) => {
    expect(fieldOf(message, ['name', 'mtu', 'cidr'])).toBe(named);
  });
});

describe('a form', () => {
  const fields = [
    field('name'),
    field('mtu', { type: 'int' }),
    field('up', { type: 'bool' }),
    field('tags', { type: 'list' }),
    field('note', { nullable: true }),
  ];

  it('sends of a new record what was filled in, by the types of its fields', () => {
    const values = valuesOf(fields, { name: 'a', mtu: '1400', up: 'false', tags: 'x, y', note: '' }, undefined);
    expect(values).toEqual({ name: 'a', mtu: 1400, up: false, tags: ['x', 'y'] });
  });

  it('sends of a change what is otherwise than it was, and null for what was emptied where that may be', () => {
    const before = { name: 'a', mtu: 1400, up: true, tags: ['x'], note: 'n' };
    const texts = { name: 'b', mtu: '1400', up: 'true', tags: '[\n  "x"\n]', note: '' };
    expect(valuesOf(fields, texts, before)).toEqual({ name: 'b', note: null });
  });

  it('names the field whose text cannot be sent at all', () => {
    expect(() => valuesOf(fields, { mtu: 'many' }, undefined)).toThrow(expect.objectContaining({ field: 'mtu' }));
  });
});

describe('a list of references', () => {
  it('takes one more by a line of its own, however the list is written, and none twice', () => {
    expect(withOne('', 'a')).toBe('a');
    expect(withOne('a, b', 'c')).toBe('a\nb\nc');
    expect(withOne('["a", "b"]', 'b')).toBe('a\nb');
    expect(withOne('["a"', 'b')).toBe('["a"\nb');
  });
});

describe('a button for an action', () => {
  const stop: ActionSpec = {
    action: 'stop',
    label: 'Stop',
    bodyKey: 'os-stop',
    body: null,
    fields: [],
    microversion: null,
    from: { vm_state: ['active', 'error'], task_state: [null] },
    may: true,
  };
  const state = { vm_state: 'active', task_state: null, locked: false };

  it('may be pressed in the states of the table, and else says in which', () => {
    expect(whyNot(stop, state)).toBeUndefined();
    expect(whyNot(stop, { ...state, vm_state: 'paused' })).toBe(
      'Stop takes a server that is active or error; this one is paused.',
    );
    expect(whyNot(stop, { ...state, task_state: 'rebooting' })).toBe('The server is rebooting at the moment.');
    expect(whyNot({ ...stop, may: false }, state)).toContain('roles');
  });
});
