import { randomUUID } from 'node:crypto';
import type { Attempt, OperationDetail, Session, Step, StepState } from '../api/contract.js';
import { joinNetworks } from './networks.js';
import { RESOURCES } from './resources.js';

type Row = Record<string, unknown>;

/** As many servers as the lists have to stay quick with. */
const SERVERS = 10_000;
const PROJECT = { id: '11111111111111111111111111111111', name: 'demo' };

export const SESSION: Session = {
  user: { id: '2'.repeat(32), name: 'demo', domain: { id: 'default', name: 'Default' } },
  project: PROJECT,
  projects: [PROJECT, { id: '3'.repeat(32), name: 'other' }],
  roles: ['member'],
  methods: ['password'],
  audit_ids: [],
  operator_pages: [],
  expires_at: '2030-01-01T00:00:00Z',
};

const server = (name: string, more: Row = {}): Row => ({
  id: randomUUID(),
  name,
  status: 'ACTIVE',
  tenant_id: PROJECT.id,
  user_id: SESSION.user.id,
  flavor: { original_name: 'm1.nano', vcpus: 1, ram: 64 },
  image: { id: randomUUID() },
  addresses: { private: [{ addr: '10.0.0.4', version: 4 }] },
  created: '2026-01-01T00:00:00Z',
  'OS-EXT-SRV-ATTR:host': 'host-1',
  'OS-EXT-STS:vm_state': 'active',
  'OS-EXT-STS:task_state': null,
  'OS-EXT-STS:power_state': 1,
  ...more,
});

/** The records of each resource, by its plural. */
export const records = new Map<string, Row[]>([
  ['servers', Array.from({ length: SERVERS }, (_, n) => server(`vm-${String(n).padStart(5, '0')}`))],
  ['flavors', [{ id: '1', name: 'm1.nano', ram: 64, vcpus: 1 }]],
  ['images', [{ id: randomUUID(), name: 'novaflow-tiny', status: 'active', visibility: 'public' }]],
  ...RESOURCES.map(({ many }): [string, Row[]] => [many, []]).filter(([many]) => !['flavors', 'images'].includes(many)),
]);

joinNetworks(records);

/** Milliseconds after the request in which each step of a boot begins and ends; the spawn fails once. */
const BOOT: readonly (readonly [string, string, string, string, number, number])[] = [
  ['validateToken', 'Validate the token', '4', 'conductor', 900, 1100],
  ['scheduleServer', 'Schedule the server and claim its host', '7, 8', 'conductor', 400, 900],
  ['allocateNetwork', 'Allocate the network', '10', 'conductor', 1100, 2000],
  ['fetchImage', 'Fetch the image', '12, 13, 14', 'compute', 1100, 3000],
  ['spawnServer', 'Plug its cards and spawn the guest', '15', 'compute', 3000, 7000],
  ['activateServer', 'Activate the server', '16', 'conductor', 7000, 7300],
];
const BOOT_MS = 7300;

const iso = (millis: number): string => new Date(millis).toISOString();
const operations = new Map<string, { readonly id: string; readonly server: Row; readonly asked: number }>();

const attempt = (n: number, at: number): Attempt => ({ n, started_at: iso(at), ended_at: null, error: null });

function stepOf([name, title, seed, on, from, to]: (typeof BOOT)[number], asked: number, now: number): Step {
  const [start, end] = [asked + from, asked + to];
  const state: StepState = now < start ? 'waiting' : now < end ? 'running' : 'done';
  const host = on === 'compute' ? 'host-1' : 'conductor-1';
  const first = {
    n: 1,
    started_at: iso(start),
    ended_at: iso(start + 800),
    error: 'QEMU did not answer its monitor.',
  };
  const failed = name === 'spawnServer' && now >= start + 800;
  const attempts = failed ? [first, attempt(2, start + 1800)] : now < start ? [] : [attempt(1, start)];
  return {
    name,
    title,
    seed,
    on,
    state,
    host,
    attempts,
    service: on === 'compute' ? 'nova-compute' : 'nova-conductor',
    undo: null,
    no_undo: null,
    branch: null,
    result: null,
    started_at: now < start ? null : iso(start),
    ended_at: now < end ? null : iso(end),
    next_attempt_at: null,
  };
}

/** The guest leases its address and asks for its metadata once it is up. */
function cardsOf(asked: number, now: number): OperationDetail['cards'] {
  const since = (millis: number): string | null => (now >= asked + millis ? iso(asked + millis) : null);
  const [plugged_at, leased_at, metadata_at] = [since(5200), since(BOOT_MS + 1500), since(BOOT_MS + 2600)];
  const leased_address = leased_at === null ? null : '10.0.0.9';
  return plugged_at === null
    ? []
    : [{ port_id: 'port', addresses: ['10.0.0.9'], plugged_at, leased_at, leased_address, metadata_at }];
}

function detailOf({ id, server: of, asked }: { id: string; server: Row; asked: number }): OperationDetail {
  const now = Date.now();
  const over = now >= asked + BOOT_MS;
  if (over) Object.assign(of, { status: 'ACTIVE', 'OS-EXT-STS:vm_state': 'active', 'OS-EXT-STS:task_state': null });
  return {
    operation: {
      id,
      kind: 'bootServer',
      title: 'Boot server',
      resource: { type: 'server', id: String(of['id']), name: String(of['name']) },
      state: over ? 'done' : 'running',
      project_id: PROJECT.id,
      user_id: SESSION.user.id,
      request_id: `req-${id}`,
      requested_at: iso(asked),
      started_at: iso(asked + 300),
      ended_at: over ? iso(asked + BOOT_MS) : null,
      error: null,
    },
    cards: cardsOf(asked, now),
    may_retry: false,
    workflow_url: null,
    steps: BOOT.map((row) => stepOf(row, asked, now)),
  };
}

export const operationList = (resource: string | null): readonly OperationDetail['operation'][] =>
  [...operations.values()]
    .filter(({ server: of }) => resource === null || of['id'] === resource)
    .map((one) => detailOf(one).operation)
    .toReversed();

export function operationOf(id: string): OperationDetail | undefined {
  const found = operations.get(id);
  return found && detailOf(found);
}

/** A server that begins to boot. */
export function boot(name: string): Row {
  const made = server(name, {
    status: 'BUILD',
    'OS-EXT-STS:vm_state': 'building',
    'OS-EXT-STS:task_state': 'scheduling',
  });
  records.get('servers')?.unshift(made);
  const id = randomUUID();
  operations.set(id, { id, server: made, asked: Date.now() });
  return made;
}
