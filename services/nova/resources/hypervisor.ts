import { Type } from 'typebox';
import { computed, oneOf, text } from '../../kernel/resource/fields.js';
import { SHOWS_UPTIME, type HypervisorRow } from '../hypervisors.js';
import { view } from '../words.js';

const any = Type.Unsafe<unknown>({});
/** An amount that Nova shows for a host until 2.87. Since 2.88 clients ask placement for it. */
const counted = (read: (row: HypervisorRow) => number | null) =>
  computed(Type.Union([Type.Integer(), Type.Null()]), read, { until: 87 });
const id = (row: HypervisorRow, minor: number): string | number => (minor >= 53 ? row.id : row.number);

/** A host as a hypervisor (nova/api/openstack/compute/hypervisors.py). */
export const hypervisor = view({
  names: ['hypervisor', 'hypervisors'],
  path: 'os-hypervisors',
  actions: ['list', 'get'],
  rules: { list: 'os_compute_api:os-hypervisors:list', get: 'os_compute_api:os-hypervisors:show' },
  detailRule: 'os_compute_api:os-hypervisors:list-detail',
  fields: {
    id: computed(Type.Union([Type.String(), Type.Integer()]), id, { brief: true }),
    hypervisor_hostname: text({ column: 'host', brief: true }),
    state: oneOf(['up', 'down'], { brief: true }),
    status: oneOf(['enabled', 'disabled'], { brief: true }),
    // Without servers it is an empty list since 2.75, and was left out before.
    servers: computed(
      any,
      ({ servers }: HypervisorRow, minor): unknown => (servers?.length === 0 && minor < 75 ? undefined : servers),
      { brief: true, since: 53 },
    ),
    hypervisor_type: text({ column: 'type' }),
    hypervisor_version: computed(Type.Integer(), ({ version }: HypervisorRow) => version, {}),
    host_ip: text({}),
    service: computed(
      any,
      (row: HypervisorRow, minor): unknown => ({
        id: id(row, minor),
        host: row.host,
        disabled_reason: row.disabled_reason,
      }),
      {},
    ),
    vcpus: counted(({ cpu }) => cpu.total),
    vcpus_used: counted(({ cpu }) => cpu.used),
    memory_mb: counted(({ ram }) => ram.total),
    memory_mb_used: counted(({ ram }) => ram.used),
    free_ram_mb: counted(({ ram }) => ram.total - ram.used),
    local_gb: counted(({ disk }) => disk.total),
    local_gb_used: counted(({ disk }) => disk.used),
    free_disk_gb: counted(({ disk }) => disk.total - disk.used),
    disk_available_least: counted(() => null),
    running_vms: counted(({ guests }) => guests),
    current_workload: counted(({ busy }) => busy),
    // A text of JSON until 2.28, then an object. It is empty, because roles do not report the processor of their
    // machine.
    cpu_info: computed(any, (_row: HypervisorRow, minor): unknown => (minor >= 28 ? {} : '{}'), { until: 87 }),
    uptime: computed(Type.Union([Type.String(), Type.Null()]), ({ uptime = null }: HypervisorRow) => uptime, {
      since: SHOWS_UPTIME,
    }),
  },
});
