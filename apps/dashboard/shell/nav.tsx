import type { ReactNode } from 'react';
import { NavLink } from 'react-router';
import type { OperatorPage, ResourceSpec } from '../api/contract.js';

interface Entry {
  readonly to: string;
  readonly title: string;
}

/** Pages that are more than a resource, by the part of the menu that they are in. */
const PAGES: Readonly<Record<string, readonly Entry[]>> = {
  compute: [
    { to: '/activity', title: 'Operations' },
    { to: '/usage', title: 'Usage' },
  ],
  network: [{ to: '/topology', title: 'Topology' }],
  'object-store': [{ to: '/objects', title: 'Containers' }],
  telemetry: [
    { to: '/metrics', title: 'Metrics' },
    { to: '/alarms', title: 'Alarms' },
  ],
};
/** Titles of the pages of operators. Which of them somebody may open, the API's policies say. */
const OPERATORS: readonly (readonly [OperatorPage, string])[] = [
  ['hosts', 'Hosts'],
  ['health', 'Health'],
  ['faults', 'Faults'],
  ['chaos', 'Chaos runs'],
];

/** The services in the order in which people look for them; one that is not named comes after them. */
const ORDER = ['compute', 'volume', 'image', 'network', 'object-store', 'telemetry', 'identity', 'placement'];

const rank = (service: string): number => {
  const at = ORDER.indexOf(service);
  return at === -1 ? ORDER.length : at;
};

/** @returns the resources that have a list of their own which this user may see, by service */
function groups(
  resources: readonly ResourceSpec[],
  open: readonly OperatorPage[],
): (readonly [string, readonly Entry[]])[] {
  const services = [...new Set([...resources.map(({ service }) => service), ...Object.keys(PAGES)])];
  const operators = OPERATORS.filter(([page]) => open.includes(page)).map(([page, title]) => ({
    to: `/${page}`,
    title,
  }));
  const ofServices = services
    .toSorted((a, b) => rank(a) - rank(b))
    .map((service) => {
      const lists = resources.filter((one) => one.service === service && one.may.list && !one.path.includes(':'));
      const entries = lists.map(({ many, title }) => ({ to: `/${service}/${many}`, title }));
      return [service, [...entries, ...(PAGES[service] ?? [])]] as const;
    })
    .filter(([, entries]) => entries.length > 0);
  return operators.length === 0 ? ofServices : [...ofServices, ['operators', operators]];
}

interface Props {
  readonly resources: readonly ResourceSpec[];
  readonly operatorPages: readonly OperatorPage[];
  readonly open: boolean;
  readonly onFollow: () => void;
}

/** The menu, made of the resources that the API describes. */
export const Nav = ({ resources, operatorPages, open, onFollow }: Props): ReactNode => (
  <nav id="nav" className={open ? 'nav open' : 'nav'} aria-label="Main">
    {groups(resources, operatorPages).map(([service, entries]) => (
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
