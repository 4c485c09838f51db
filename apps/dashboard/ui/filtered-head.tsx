import type { ReactNode } from 'react';
import { useSearchParams } from 'react-router';

interface Props {
  readonly title: string;
  /** What a screen reader calls the filter. */
  readonly label: string;
  /** The parameter of the page's address that the filter is kept in. */
  readonly name: string;
  readonly value: string;
  /** What may be chosen, each with what a person reads. The empty value leaves the parameter out. */
  readonly options: readonly (readonly [value: string, text: string])[];
  readonly children?: ReactNode;
}

/** The head of a page that shows a list by one filter, which its address says. */
export function FilteredHead({ title, label, name, value, options, children }: Props): ReactNode {
  const [, setParams] = useSearchParams();
  return (
    <>
      <title>{`${title} · Novaflow`}</title>
      <div className="title">
        <h1>{title}</h1>
        <select
          aria-label={label}
          value={value}
          onChange={({ target }) => {
            setParams(target.value === '' ? {} : { [name]: target.value });
          }}
        >
          {options.map(([one, text]) => (
            <option key={one} value={one}>
              {text}
            </option>
          ))}
        </select>
        {children}
      </div>
    </>
  );
}
