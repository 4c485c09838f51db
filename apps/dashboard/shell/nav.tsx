import type { ReactNode } from 'react';
import { NavLink } from 'react-router';
import type { ResourceSpec } from '../api/contract.js';

interface Entry {
  readonly to: string;
  readonly title: string;
}

/** The services in the order in which people look for them; one that is not named comes after them. */
const ORDER = ['compute', 'volume', 'image', 'network', 'object-store', 'identity', 'placement'];

const rank = (service: string): number => {
  const at = ORDER.indexOf(service);
  return at === -1 ? ORDER.length : at;
};

/** @returns the resources that have a list of their own which this user may see, by service */
function groups(resources: readonly ResourceSpec[]): (readonly [string, readonly Entry[]])[] {
  const services = [...new Set(resources.map(({ service }) => service))];
  return services
    .toSorted((a, b) => rank(a) - rank(b))
    .map((service) => {
      const lists = resources.filter((one) => one.service === service && one.may.list && !one.path.includes(':'));
      const entries = lists.map(({ many, title }) => ({ to: `/${service}/${many}`, title }));
      return [service, entries] as const;
    })
    .filter(([, entries]) => entries.length > 0);
}

interface Props {
  readonly resources: readonly ResourceSpec[];
  readonly open: boolean;
  readonly onFollow: () => void;
}

/** The menu, made of the resources that the API describes. */
export const Nav = ({ resources, open, onFollow }: Props): ReactNode => (
  <nav id="nav" className={open ? 'nav open' : 'nav'} aria-label="Main">
    {groups(resources).map(([service, entries]) => (
      <div key={service}>
        <h2>{service.replaceAll('-', ' ')}</h2>
        <ul>
          {entries.map(({ to, title }) => (
            <li key={to}>
              <NavLink to={to} onClick={onFollow}>
                {title}
              </NavLink>
            </li>
          ))}
        </ul>
      </div>
    ))}
  </nav>
);
