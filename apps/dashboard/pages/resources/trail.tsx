import { Fragment, type ReactNode } from 'react';
import { Link } from 'react-router';
import { listPage, type PlacedSpec } from './spec.js';

interface Props {
  readonly spec: PlacedSpec;
  /** Whether the page is that of the list itself. */
  readonly list?: boolean;
  readonly more?: readonly (readonly [to: string, text: string])[];
}

/** The way from a record that this one lies below, and from its list, to the page. */
export function Trail({ spec, list = false, more }: Props): ReactNode {
  const { above } = spec;
  const steps = [
    ...(above === undefined ? [] : [[above.page, `${above.title} ${above.id}`] as const]),
    ...(list ? [] : [[listPage(spec), spec.title] as const]),
    ...(more ?? []),
  ];
  if (steps.length === 0) return null;
  return (
    <p>
      {steps.map(([to, text], at) => (
        <Fragment key={to}>
          {at === 0 ? '' : ' › '}
          <Link to={to}>{text}</Link>
        </Fragment>
      ))}
    </p>
  );
}
