import type { ReactNode } from 'react';
import { Link } from 'react-router';
import type { Row } from '../api/resources.js';
import { asText } from '../ui/as-text.js';
import type { Lists } from './model.js';
import { beforeRules, openingsOf, type Names, type Opening } from './open-to.js';

/** What people look for first comes first: who may reach the server. */
const DIRECTIONS = [
  ['ingress', 'Who reaches it', 'No rule lets anybody in.'],
  ['egress', 'What it reaches', 'No rule lets anything out.'],
] as const;

function Rules({ openings }: { readonly openings: readonly Opening[] }): ReactNode {
  return DIRECTIONS.map(([direction, title, nothing]) => {
    const own = openings.filter((one) => one.direction === direction);
    return (
      <div key={direction}>
        <h4>{title}</h4>
        {own.length === 0 ? (
          <p>{nothing}</p>
        ) : (
          <ul>
            {own.map(({ text, groups }) => (
              <li key={text}>
                {text} <span className="quiet">({groups.join(', ')})</span>
              </li>
            ))}
          </ul>
        )}
      </div>
    );
  });
}

/** Groups that remember what they let through let its answers through, too. */
function answersOf(groups: readonly Row[]): string | null {
  const without = groups.filter(({ stateful }) => stateful === false).map(({ id, name }) => asText(name) || asText(id));
  return without.length === 0
    ? 'Answers to what was let through come through as well.'
    : `Answers need rules of their own for what the stateless ${without.join(', ')} lets through.`;
}

interface PortProps {
  readonly port: Row;
  readonly lists: Pick<Lists, 'networks' | 'floatingips' | 'security_groups'>;
  readonly names: Names;
}

function OfPort({ port, lists, names }: PortProps): ReactNode {
  const network = lists.networks.rows.find(({ id }) => id === port['network_id']);
  const ids = Array.isArray(port['security_groups']) ? (port['security_groups'] as readonly unknown[]) : [];
  const groups = lists.security_groups.rows.filter(({ id }) => ids.includes(id));
  const addresses = (port['fixed_ips'] as readonly { ip_address: string }[]).map((ip) => ip.ip_address).join(', ');
  const floating = lists.floatingips.rows
    .filter(({ port_id }) => port_id === port['id'])
    .map((ip) => asText(ip['floating_ip_address']));
  const whole = beforeRules(port);
  return (
    <section className="panel">
      <h3>
        <Link to={`/network/ports/${asText(port['id'])}`}>{addresses || 'A port without an address'}</Link> on{' '}
        {asText(network?.['name']) || asText(port['network_id'])}
      </h3>
      {floating.length === 0 ? null : <p>From outside it is reached at {floating.join(', ')}.</p>}
      <p>
        In{' '}
        {groups.map(({ id, name }, at) => (
          <span key={asText(id)}>
            {at === 0 ? '' : ', '}
            <Link to={`/network/security_groups/${asText(id)}`}>{asText(name) || asText(id)}</Link>
          </span>
        ))}
        {groups.length === 0 ? 'no security group that this project sees' : ''}.
      </p>
      {whole === undefined ? (
        <>
          <Rules openings={openingsOf(groups, names)} />
          <p className="quiet">{answersOf(groups)}</p>
        </>
      ) : (
        <p>{whole}</p>
      )}
    </section>
  );
}

interface Props {
  readonly server: string;
  readonly lists: Pick<Lists, 'ports' | 'networks' | 'floatingips' | 'security_groups'>;
  /** The names of groups of addresses, which a rule may name. */
  readonly addressGroups: readonly Row[];
}

/** What of a server is open to whom, port by port, in words. */
export function Openings({ server, lists, addressGroups }: Props): ReactNode {
  const ports = lists.ports.rows.filter(({ device_id }) => device_id === server);
  const named = (rows: readonly Row[]): ReadonlyMap<string, string> =>
    new Map(rows.map(({ id, name }) => [asText(id), asText(name)]));
  const names: Names = { groups: named(lists.security_groups.rows), addressGroups: named(addressGroups) };
  if (ports.length === 0) return <p className="quiet">It has no port.</p>;
  return ports.map((port) => <OfPort key={asText(port['id'])} port={port} lists={lists} names={names} />);
}
