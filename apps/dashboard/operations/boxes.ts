/** Where the parts of an OpenStack are drawn: the boxes of the seed documents, and the lines on which requests go. */

export interface Box {
  readonly title: string;
  readonly x: number;
  readonly y: number;
}

export const BOX = { width: 146, height: 46 } as const;
export const CANVAS = { width: 1120, height: 640 } as const;

export const BOXES = {
  ui: { title: 'UI or CLI', x: 30, y: 24 },
  keystone: { title: 'Keystone', x: 470, y: 24 },
  api: { title: 'nova-api', x: 50, y: 172 },
  database: { title: 'Nova DB', x: 50, y: 300 },
  queue: { title: 'Queue', x: 250, y: 236 },
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

interface Group extends Box {
  readonly width: number;
  readonly height: number;
}

/** What belongs together: services, and the machine that runs guests. */
export const GROUPS: readonly Group[] = [
  { title: 'Nova', x: 30, y: 136, width: 594, height: 228 },
  { title: 'Compute node', x: 720, y: 136, width: 386, height: 228 },
  { title: 'Cinder', x: 30, y: 416, width: 186, height: 200 },
  { title: 'Neutron', x: 300, y: 416, width: 186, height: 200 },
  { title: 'Glance', x: 570, y: 416, width: 186, height: 200 },
  { title: 'Swift', x: 870, y: 416, width: 186, height: 200 },
];
