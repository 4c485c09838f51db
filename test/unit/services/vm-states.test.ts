import { describe, expect, it } from 'vitest';
import { isAtRest, ownsThings, statesOf, statusOf } from '#services/nova/index';

describe('the table of vm_states', () => {
  it('gives the status that Nova shows, by the task_state where that has one of its own', () => {
    expect(statusOf({ vm_state: 'stopped', task_state: null })).toBe('SHUTOFF');
    expect(statusOf({ vm_state: 'active', task_state: 'rebooting' })).toBe('REBOOT');
    expect(statusOf({ vm_state: 'stopped', task_state: 'rebooting_hard' })).toBe('HARD_REBOOT');
    expect(statusOf({ vm_state: 'no such state', task_state: null })).toBe('UNKNOWN');
  });

  it('finds the states of a status, and none of what is no status here', () => {
    expect(statesOf('SUSPENDED')).toEqual({ vm_state: ['suspended'] });
    expect(statesOf('REBOOT')).toMatchObject({
      vm_state: ['active'],
      task_state: expect.arrayContaining(['rebooting']),
    });
    expect(statesOf('RESCUE')).toBeUndefined();
  });

  it('says that a server in error owns what it has as long as it has a host, and one that is being deleted all', () => {
    const server = { vm_state: 'error', task_state: null, host: null };
    expect(ownsThings(server)).toBe(false);
    expect(ownsThings({ ...server, host: 'h' })).toBe(true);
    expect(ownsThings({ ...server, task_state: 'deleting' })).toBe(true);
    expect(isAtRest({ vm_state: 'building', task_state: null })).toBe(false);
  });
});
