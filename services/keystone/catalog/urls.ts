/** What an endpoint's address may name (keystone/common/utils.py: WHITELISTED_PROPERTIES). */
const NAMES = ['tenant_id', 'project_id', 'user_id', 'compute_host', 'public_endpoint'] as const;
export type UrlValues = Readonly<Partial<Record<(typeof NAMES)[number], string>>>;

/** What Python's `%` finds in a text: a sign of its own, a name, or what is neither. */
const PARTS = /%(?:%|\((?<name>[^)]*)\)s|)/g;

/**
 * An endpoint's address with what it names, as `%(project_id)s` or `$(project_id)s` (keystone/common/utils.py: format_url).
 * @returns undefined for one that names what there is no value for, or that is no such text
 */
export function formatUrl(url: string, values: UrlValues): string | undefined {
  let whole = true;
  const text = url.replaceAll('$(', '%(').replaceAll(PARTS, (part, name: string | undefined) => {
    if (part === '%%') return '%';
    const value = NAMES.some((known) => known === name) ? values[name as keyof UrlValues] : undefined;
    whole &&= value !== undefined;
    return value ?? '';
  });
  return whole ? text : undefined;
}

/** Whether an address may be an endpoint's (keystone/common/utils.py: check_endpoint_url). */
export const mayBeUrl = (url: string): boolean =>
  formatUrl(url, Object.fromEntries(NAMES.map((name) => [name, '']))) !== undefined;
