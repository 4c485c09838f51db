import { useState, type ReactNode } from 'react';

const Icon = ({ copied }: { readonly copied: boolean }): ReactNode => (
  <svg className="icon" viewBox="0 0 16 16" aria-hidden="true">
    {copied ? <path d="M2 9l4 4 8-10" /> : <path d="M5 5V2h9v9h-3M2 5h9v9H2z" />}
  </svg>
);

/** An id, whole, and a button that copies it. */
export function Copyable({ value, short = false }: { readonly value: string; readonly short?: boolean }): ReactNode {
  const [copied, setCopied] = useState(false);
  const copy = (): void => {
    navigator.clipboard.writeText(value).then(
      () => setCopied(true),
      // Without HTTPS browsers have no clipboard for pages; the id can still be selected.
      () => setCopied(false),
    );
  };
  return (
    <span className="mono">
      <span title={value}>{short ? `${value.slice(0, 8)}…` : value}</span>
      <button type="button" className="bare" aria-label={`Copy ${value}`} onClick={copy}>
        <Icon copied={copied} />
      </button>
    </span>
  );
}
