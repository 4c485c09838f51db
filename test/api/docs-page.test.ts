import { describe, expect, inject as provided, it } from 'vitest';
import { operationsOf, type OpenApi } from '../setup/openapi.js';

const cloud = provided('fake');
const base = cloud.authUrl.replace('/identity/v3', '');
const documentOf = async (path: string): Promise<OpenApi> => (await (await fetch(base + path)).json()) as OpenApi;

describe('the page of the API', () => {
  it('is there without a token, loads all that it needs from the API, and may load nothing else', async () => {
    const response = await fetch(`${base}/docs`);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const html = await response.text();
    const files = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file!);
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) {
      expect(file).toMatch(/^\/docs\/[\w.-]+$/);
      const asset = await fetch(base + file);
      expect([file, asset.status, asset.headers.get('x-content-type-options')]).toEqual([file, 200, 'nosniff']);
      expect((await asset.arrayBuffer()).byteLength).toBeGreaterThan(100);
    }
    expect(html).not.toMatch(/https?:\/\/|<script>|<style/);
    const policy = response.headers.get('content-security-policy')!;
    const directives = new Map(policy.split('; ').map((one) => [one.split(' ')[0]!, one.split(' ').slice(1)]));
    expect(directives.get('default-src')).toEqual(["'none'"]);
    expect(directives.get('script-src')).toEqual(["'self'"]);
    expect(directives.get('connect-src')).toEqual(["'self'"]);
    for (const [, sources] of directives)
      for (const source of sources) expect(["'none'", "'self'", "'unsafe-inline'", 'data:']).toContain(source);
  });

  it('offers every document, and asks no validator elsewhere', async () => {
    const script = await (await fetch(`${base}/docs/start.js`)).text();
    const [, text = ''] = /"urls":(\[.*?\])/.exec(script) ?? [];
    const urls = (JSON.parse(text) as { url: string }[]).map(({ url }) => url);
    for (const url of urls) expect(operationsOf(await documentOf(url)).size).toBeGreaterThan(0);
    const all = operationsOf(await documentOf('/openapi.json'));
    const each = await Promise.all(urls.map(async (url) => operationsOf(await documentOf(url)).size));
    expect(each.reduce((sum, one) => sum + one, 0)).toBe(all.size);
    expect(script).toContain('"validatorUrl":null');
    expect(script).not.toMatch(/https?:\/\//);
  });

  it.each(['/docs/nothing.js', '/docs/..%2f..%2fpackage.json', '/openapi/nothing.json', '/openapi/compute'])(
    '%s is not there',
    async (path) => {
      expect((await fetch(base + path)).status).toBe(404);
    },
  );
});
