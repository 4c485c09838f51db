import { describe, expect, it } from 'vitest';
import { matchesPath } from '#apps/api/http/access-rules';

describe('the path of an access rule', () => {
  it.each([
    ['/v2.1/servers', '/v2.1/servers', true],
    ['/v2.1/servers', '/v2.1/servers/', false],
    ['/v2.1/servers', '/v2x1/servers', false],
    ['/v2.1/servers/*', '/v2.1/servers/one', true],
    ['/v2.1/servers/*', '/v2.1/servers/', false],
    ['/v2.1/servers/*', '/v2.1/servers/one/action', false],
    ['/v2.1/servers/*/action', '/v2.1/servers/one/action', true],
    ['/v2.1/{project_id}/servers', '/v2.1/p/servers', true],
    ['/v2.1/{project_id}/servers', '/v2.1//servers', false],
    ['/v2.1/**', '/v2.1/servers/one/action', true],
    ['/v2.1/**', '/v2.1/', true],
    ['/v2.1/**', '/v2.1', false],
    ['/**/action', '/v2.1/servers/one/action', true],
    ['**', '/anything', true],
    ['', '/', false],
  ])('%s and %s', (pattern, path, matches) => {
    expect(matchesPath(pattern, path)).toBe(matches);
  });

  it('takes no longer for one that is made to take long', () => {
    const started = performance.now();
    expect(matchesPath('/' + '**a'.repeat(70), '/' + 'a'.repeat(4_000) + 'b')).toBe(false);
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});
