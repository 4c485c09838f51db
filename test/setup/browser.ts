/** An answer, as a page reads it. */
export interface Answer<T> {
  readonly status: number;
  readonly body: T;
  readonly headers: Headers;
}

/** What a page of the dashboard sends with each request, and its browser with it. */
export const OWN_PAGE: Readonly<Record<string, string>> = {
  'x-novaflow-dashboard': '1',
  'sec-fetch-site': 'same-origin',
};

/** As much of a browser as a session needs: it keeps the cookie, and sends what a page of the dashboard sends. */
export class Browser {
  /** The cookie as it is sent; empty without one. */
  cookie = '';

  constructor(private readonly base: string) {}

  /** @param headers instead of those of a page of the dashboard */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller names the answer's shape
  async ask<T = unknown>(
    method: string,
    path: string,
    body?: object,
    headers: Readonly<Record<string, string>> = OWN_PAGE,
  ): Promise<Answer<T>> {
    const answer = await fetch(this.base + path, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.cookie === '' ? {} : { cookie: `theme=dark; ${this.cookie}; other=1` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const given = answer.headers.get('set-cookie');
    if (given !== null) this.cookie = given.startsWith('novaflow_session=;') ? '' : given.split(';')[0]!;
    const text = await answer.text();
    return { status: answer.status, body: (text === '' ? undefined : JSON.parse(text)) as T, headers: answer.headers };
  }

  logIn<T>(username: string, password: string, more: object = {}): Promise<Answer<T>> {
    return this.ask<T>('POST', '/dashboard/session', { username, password, ...more });
  }
}
