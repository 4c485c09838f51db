/** Where the parts of an OpenStack are drawn: the boxes of the seed documents, and the lines on which requests go. */

export interface Box {
  readonly title: string;
  readonly x: number;
  readonly y: number;
}

export const BOX = { width: 160, height: 52 } as const;
export const CANVAS = { width: 1140, height: 640 } as const;

export const BOXES = {
  ui: { title: 'UI or CLI', x: 30, y: 24 },
  keystone: { title: 'Keystone', x: 470, y: 24 },
  api: { title: 'nova-api', x: 50, y: 172 },
  database: { title: 'Nova DB', x: 50, y: 300 },
  queue: { title: 'Queue', x: 232, y: 236 },
  scheduler: { title: 'Scheduler', x: 450, y: 172 },
  conductor: { title: 'Conductor', x: 450, y: 300 },
  compute: { title: 'nova-compute', x: 740, y: 172 },
  hypervisor: { title: 'Hypervisor', x: 740, y: 300 },
  guest: { title: 'VM', x: 940, y: 300 },
  cinder: { title: 'Cinder API', x: 50, y: 452 },
  volume: { title: 'Cinder volume', x: 50, y: 554 },
  neutron: { title: 'Neutron API', x: 320, y: 452 },
  agent: { title: 'Agent, DHCP', x: 320, y: 554 },
  glance: { title: 'Glance API', x: 590, y: 452 },
  registry: { title: 'Glance DB', x: 590, y: 554 },
  swift: { title: 'Swift', x: 890, y: 452 },
  objects: { title: 'Object store', x: 890, y: 554 },
} as const satisfies Record<string, Box>;

export type BoxName = keyof typeof BOXES;
export type Hop = readonly [BoxName, BoxName];

/** Where on its line a number stands, in parts of its length: nearer to where the way goes, since many ways begin in one box. */
const LABEL_AT = 0.6;
/** Where that place is taken, by a box or by another number. */
const LABELS_ELSEWHERE: Readonly<Record<string, number>> = {
  'ui-api': 0.7,
  'api-ui': 0.68,
  'queue-scheduler': 0.45,
  'scheduler-database': 0.22,
  'swift-compute': 0.25,
  'compute-conductor': 0.35,
  'hypervisor-guest': 0.5,
  'compute-neutron': 0.72,
};
export const labelAt = (hop: Hop): number => LABELS_ELSEWHERE[hop.join('-')] ?? LABEL_AT;

interface Group extends Box {
  readonly width: number;
  readonly height: number;
}

/** What belongs together: services, and the machine that runs guests. */
export const GROUPS: readonly Group[] = [
  { title: 'Nova', x: 30, y: 136, width: 600, height: 234 },
  { title: 'Compute node', x: 720, y: 136, width: 400, height: 234 },
  { title: 'Cinder', x: 30, y: 416, width: 200, height: 208 },
  { title: 'Neutron', x: 300, y: 416, width: 200, height: 208 },
  { title: 'Glance', x: 570, y: 416, width: 200, height: 208 },
  { title: 'Swift', x: 870, y: 416, width: 200, height: 208 },
];
