import { describe, expect, it } from 'vitest';
import { operatorPages } from '#apps/api/dashboard/operator-pages';
import { Policies, type Credentials } from '#services/kernel/policy/index';

const caller = (roles: readonly string[], project_id: string | null = 'p'): Credentials => ({
  user_id: 'u',
  user_domain_id: 'default',
  project_id,
  project_domain_id: 'default',
  domain_id: null,
  system_scope: null,
  roles,
  is_admin_project: true,
  service_roles: [],
});
const admin = ['admin', 'manager', 'member', 'reader'];

describe('the pages of operators', () => {
  it('are open to administrators, and to nobody without a project', () => {
    const policies = new Policies();
    expect(operatorPages(policies, caller(admin), 'production')).toEqual(['hosts', 'health']);
    expect(operatorPages(policies, caller(['member', 'reader']), 'development')).toEqual([]);
    expect(operatorPages(policies, caller(admin, null), 'development')).toEqual([]);
  });

  it('have what is in development mode alone in that mode alone', () => {
    expect(operatorPages(new Policies(), caller(admin), 'development')).toContain('faults');
  });

  it('go by what the policies say and not by the name of a role', () => {
    const policies = new Policies();
    policies.override({ nova: { 'os_compute_api:os-hypervisors:list-detail': 'role:watcher' } });
    expect(operatorPages(policies, caller(['watcher', 'reader']), 'production')).toEqual(['hosts']);
    expect(operatorPages(policies, caller(admin), 'production')).toEqual(['health']);
  });
});
