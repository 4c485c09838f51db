/** What an error looks like, service by service. */
const isText = (value: unknown): boolean => typeof value === 'string';
const has = (value: unknown, shape: Record<string, (v: unknown) => boolean>): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.keys(value).length === Object.keys(shape).length &&
  Object.entries(shape).every(
    ([key, check]) => Object.hasOwn(value, key) && check((value as Record<string, unknown>)[key]),
  );

type Check = (body: unknown, status: number) => boolean;
const keystone: Check = (body, status) =>
  has(body, { error: (e) => has(e, { code: (c) => c === status, title: isText, message: isText }) });
const named: Check = (body, status) => {
  const [only, ...others] = typeof body === 'object' && body !== null ? (Object.values(body) as unknown[]) : [];
  return others.length === 0 && has(only, { code: (c) => c === status, message: isText });
};
const SHAPES: Readonly<Record<string, Check>> = {
  identity: keystone,
  compute: named,
  volume: named,
  image: (body) => has(body, { code: isText, title: isText, message: isText }),
  network: (body) =>
    has(body, { NeutronError: (e) => has(e, { type: isText, message: isText, detail: (d) => d === '' }) }),
  alarming: (body, status) =>
    // Aodh has 401s of its own beside those of the token check.
    (status === 401 && keystone(body, status)) ||
    has(body, {
      error_message: (e) =>
        has(e, { faultcode: (c) => c === 'Client', faultstring: isText, debuginfo: (d) => d === null }),
    }),
  prometheus: (body) => has(body, { status: (s) => s === 'error', errorType: isText, error: isText }),
  metric: (body, status) =>
    has(body, {
      code: (c) => c === status,
      title: isText,
      description: (d) =>
        isText(d) || (typeof d === 'object' && d !== null && isText((d as { cause?: unknown }).cause)),
    }),
  placement: (body, status) =>
    has(body, {
      errors: (list) =>
        Array.isArray(list) &&
        list.length === 1 &&
        has(list[0], {
          status: (s) => s === status,
          title: isText,
          detail: isText,
          request_id: isText,
          // Since 1.23, and where no version was understood.
          ...('code' in (list[0] as object) ? { code: isText } : {}),
          ...(status === 406 ? { max_version: isText, min_version: isText } : {}),
        }),
    }),
};

/** True when the body is an error as the service of this path writes it. */
export function isErrorOf(path: string, status: number, body: string): boolean {
  const service = /^\/*([^/?;]*)/.exec(path)?.[1] ?? '';
  // Swift's errors are text for a person to read.
  if (service === 'object-store') return true;
  try {
    const parsed: unknown = JSON.parse(body);
    // A 401 is written by the token check in front of the services, the same for all.
    return status === 401 && service !== 'alarming'
      ? keystone(parsed, status)
      : (SHAPES[service] ?? named)(parsed, status);
  } catch {
    return false;
  }
}
