import { useState, type ReactNode } from 'react';
import { Button } from './button.js';
import { Confirm } from './confirm.js';

interface Props {
  /** What is deleted, as people call it. */
  readonly name: string;
  /** What goes with it, in a sentence or two. */
  readonly text?: string;
  /** Why it may not be deleted now; undefined if it may. */
  readonly reason?: string | undefined;
  readonly act: () => Promise<void>;
}

/** A button that deletes something once somebody has said so again. */
export function DeleteButton({ name, text = 'This cannot be taken back.', reason, act }: Props): ReactNode {
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button
        kind="danger"
        reason={reason}
        onPress={() => {
          setAsking(true);
        }}
      >
        Delete
      </Button>
      {asking ? (
        <Confirm
          title={`Delete ${name}?`}
          text={text}
          verb="Delete"
          act={act}
          onClose={() => {
            setAsking(false);
          }}
        />
      ) : null}
    </>
  );
}
