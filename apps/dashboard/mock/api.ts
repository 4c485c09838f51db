import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Plugin } from 'vite';
import { asText } from '../ui/as-text.js';
import { answerOf } from './answers.js';
import { boot, operationList, operationOf, records, SESSION } from './cloud.js';
import { ACTIONS, RESOURCES } from './resources.js';

interface Answer {
  readonly status?: number;
  readonly body?: unknown;
}
type Body = Record<string, unknown>;

const SERVERS = { one: 'server', many: 'servers', path: '/compute/v2.1/servers' };
const notFound: Answer = { status: 404, body: { itemNotFound: { code: 404, message: 'It could not be found.' } } };
let loggedIn = true;

async function bodyOf(request: IncomingMessage): Promise<Body> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  const text = new TextDecoder().decode(Buffer.concat(chunks));
  return text === '' ? {} : (JSON.parse(text) as Body);
}

function session(method: string, body: Body): Answer {
  if (method === 'POST' && body['password'] === 'wrong')
    return {
      status: 401,
      body: { error: { code: 401, message: 'The request you have made requires authentication.' } },
    };
  if (method === 'POST') loggedIn = true;
  if (method === 'DELETE') loggedIn = false;
  return loggedIn && method !== 'DELETE' ? { body: SESSION } : { status: method === 'DELETE' ? 204 : 401 };
}

function dashboard(method: string, url: URL, body: Body): Answer | undefined {
  const [, , what, id] = url.pathname.split('/');
  if (what === 'session') return session(method, body);
  if (what === 'resources') return { body: { resources: RESOURCES } };
  if (what === 'actions') return { body: ACTIONS };
  if (what === 'events') return { status: 503 };
  if (what !== 'operations') return undefined;
  if (id === undefined) return { body: { operations: operationList(url.searchParams.get('resource_id')) } };
  return { body: operationOf(id) };
}

/** A page of a list, after the marker, as OpenStack's services page. */
function listed(many: string, params: URLSearchParams): Answer {
  const name = params.get('name');
  const rows = (records.get(many) ?? []).filter((row) => name === null || String(row['name']).includes(name));
  const start = rows.findIndex(({ id }) => id === params.get('marker')) + 1;
  return { body: { [many]: rows.slice(start, start + Number(params.get('limit') ?? 1000)) } };
}

function created(one: string, many: string, values: Body): Answer {
  const fields = RESOURCES.find((of) => of.many === many)?.fields ?? [];
  const missing = fields.find(({ name, required }) => required.includes('post') && values[name] === undefined)?.name;
  if (missing !== undefined)
    return { status: 400, body: { badRequest: { message: `'${missing}' is a required property` } } };
  if (many === 'servers') return { status: 202, body: { server: boot(asText(values['name'])) } };
  const made = { id: randomUUID(), ...values };
  records.get(many)?.push(made);
  return { status: 201, body: { [one]: made } };
}

function item(one: string, many: string, id: string, method: string, body: Body): Answer {
  const rows = records.get(many) ?? [];
  const found = rows.find((row) => row['id'] === id);
  if (found === undefined) return notFound;
  if (method === 'DELETE') rows.splice(rows.indexOf(found), 1);
  if (method === 'PUT') Object.assign(found, body[one]);
  return method === 'DELETE' ? { status: 204 } : { body: { [one]: found } };
}

function openstack(method: string, url: URL, body: Body): Answer | undefined {
  const resources = RESOURCES.map(({ name, many, path }) => ({ one: name, many, path }));
  for (const { one, many, path } of [SERVERS, ...resources]) {
    const found = new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}(?:/([^/]*))?$`).exec(url.pathname);
    if (found === null) continue;
    const [, id = ''] = found;
    if (id !== '' && id !== 'detail') return item(one, many, id, method, body);
    return method === 'POST' ? created(one, many, body[one] as Body) : listed(many, url.searchParams);
  }
  return undefined;
}

function always(method: string, { pathname }: URL): Answer | undefined {
  const body = answerOf(method, pathname);
  return body === undefined ? undefined : { body };
}

/** Answers the dashboard's requests by fixtures in memory: a cloud to look at without a cloud. */
export const mockApi = (): Plugin => ({
  name: 'mock-api',
  configureServer(server) {
    server.middlewares.use((request, response, next) => {
      // What has no header of the dashboard's is a file of Vite's.
      if (request.headers['x-novaflow-dashboard'] === undefined) {
        next();
        return;
      }
      void (async () => {
        const url = new URL(request.url ?? '/', 'http://mock');
        const [method = 'GET', body] = [request.method, request.method === 'GET' ? {} : await bodyOf(request)];
        const answer = dashboard(method, url, body) ?? openstack(method, url, body) ?? always(method, url);
        if (answer === undefined) {
          next();
          return;
        }
        response.statusCode = answer.status ?? 200;
        response.setHeader('content-type', 'application/json');
        response.end(answer.body === undefined ? '' : JSON.stringify(answer.body));
      })();
    });
  },
});
