import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Dialog } from './dialog.js';
import { Failure } from './failure.js';

interface Props {
  readonly title: string;
  readonly text: string;
  readonly verb: string;
  readonly act: () => Promise<void>;
  readonly onClose: () => void;
}

/** Asks before something that cannot be taken back. A refusal is shown in the dialog, in the API's words. */
export function Confirm({ title, text, verb, act, onClose }: Props): ReactNode {
  const { mutate, isPending, error } = useMutation({ mutationFn: act, onSuccess: onClose });
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      <Failure error={error} />
      <div className="bar">
        <button type="button" className="danger" disabled={isPending} onClick={() => mutate()}>
          {verb}
        </button>
        <button type="button" onClick={onClose}>
          Cancel
        </button>
      </div>
    </Dialog>
  );
}
