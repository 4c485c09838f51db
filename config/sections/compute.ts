import { flag, oneOf, text, whole } from './setting.js';

/** The roles of a host. */
export const compute = {
  hypervisor: oneOf('NOVAFLOW_HYPERVISOR', ['qemu', 'fake'], 'Hypervisor driver of a compute role.'),
  accelerator: oneOf(
    'NOVAFLOW_ACCELERATOR',
    ['auto', 'kvm', 'tcg'],
    'auto takes KVM where a probe guest really runs under it.',
  ),
  qemu_user: text(
    'NOVAFLOW_QEMU_USER',
    '',
    'User that guests and qemu-img run as where the compute and volume roles run as root: a name, uid or uid:gid (libvirt’s qemu.conf: user). Empty takes a number of this cloud’s own that no other user has; root does not confine them. The same for all roles of a machine.',
  ),
  network_driver: oneOf(
    'NOVAFLOW_NETWORK_DRIVER',
    ['fake', 'linux', 'user', 'auto'],
    'Network driver of the compute and network roles of a machine: linux (namespaces, bridges, nftables and dnsmasq; root), user (QEMU’s own: a lease, and the way out where the host can be kept from guests), fake (no packet is carried), auto (linux where it can be had, else user).',
  ),
  simulated_hosts: whole('NOVAFLOW_SIMULATED_HOSTS', 1, 'Hosts that a compute role with the fake hypervisor plays.', 1),
  fake_spawn_ms: whole('NOVAFLOW_FAKE_SPAWN_MS', 0, 'Milliseconds that the fake hypervisor takes to spawn a guest.'),
  host_credential: text(
    'NOVAFLOW_HOST_CREDENTIAL',
    '',
    'File with the service user and password of a host role, or for several roles in one process the directory of their files.',
  ),
  host_port: whole(
    'NOVAFLOW_HOST_PORT',
    0,
    'Port on which a compute role answers the API about its guests; 0 takes any free one.',
  ),
  host_url: text(
    'NOVAFLOW_HOST_URL',
    '',
    'URL of that port as the API reaches it; made from bind (or the host’s name where that is every address) and port when empty.',
  ),
  keep_guests: flag('NOVAFLOW_KEEP_GUESTS', false, 'Leave guests running when the cloud on this machine is stopped.'),
};
