import { whyNotLinux } from '#drivers/network/linux/probe';

type Driver = 'linux' | 'user' | 'fake';

/**
 * The network driver that `npm start` takes, and says: the real one where this machine can have it, else QEMU's own. Guests
 * of the fake hypervisor have no cards, and so need none.
 * @param tell is given the choice, and why it is not a better one
 */
export async function chooseNetwork(hypervisor: 'qemu' | 'fake', tell: (line: string) => void): Promise<Driver> {
  const asked = process.env['NOVAFLOW_NETWORK_DRIVER'];
  if (asked !== undefined && asked !== 'auto') return asked as Driver;
  if (asked === undefined && hypervisor === 'fake') return 'fake';
  const reason = await whyNotLinux();
  tell(
    reason === undefined
      ? '✔ Network: linux (bridges, DHCP, routers, security groups; npm run outside -- COMMAND runs outside of the cloud)'
      : `! Network: user, QEMU’s own, in which no guest reaches another, since ${reason} (docs/operators/networks.md)`,
  );
  return reason === undefined ? 'linux' : 'user';
}
