import { useId, type ReactNode } from 'react';

interface Props {
  readonly children: ReactNode;
  readonly onPress: () => void;
  readonly kind?: 'primary' | 'danger' | 'bare';
  /** Why it may not be pressed now, in one sentence; undefined if it may. */
  readonly reason?: string | undefined;
}

/**
 * A button that may not be pressed says why, to eyes and to screen readers. It stays focusable, since nobody can read
 * the reason of a button that cannot be reached.
 */
export function Button({ children, onPress, kind, reason }: Props): ReactNode {
  const id = useId();
  return (
    <>
      <button
        type="button"
        className={kind}
        title={reason}
        aria-disabled={reason === undefined ? undefined : true}
        aria-describedby={reason === undefined ? undefined : id}
        onClick={() => {
          if (reason === undefined) onPress();
        }}
      >
        {children}
      </button>
      {reason === undefined ? null : (
        <span id={id} className="visually-hidden">
          {reason}
        </span>
      )}
    </>
  );
}
