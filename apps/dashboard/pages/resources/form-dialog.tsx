import type { ReactNode } from 'react';
import type { Row } from '../../api/resources.js';
import { Dialog } from '../../ui/dialog.js';
import type { FormField } from './form-field.js';
import { ResourceForm } from './resource-form.js';

interface Props {
  readonly title: string;
  readonly fields: readonly FormField[];
  /** What is filled in already. */
  readonly filled?: Readonly<Record<string, string>>;
  readonly verb: string;
  readonly send: (values: Row) => Promise<unknown>;
  readonly onClose: () => void;
}

/** A form in a dialog, which closes once the API has taken what it says. A refusal is shown in it, in the API's words. */
export const FormDialog = ({ title, fields, filled, verb, send, onClose }: Props): ReactNode => (
  <Dialog title={title} onClose={onClose}>
    <ResourceForm
      fields={fields}
      {...(filled === undefined ? {} : { filled })}
      write="post"
      verb={verb}
      send={async (values) => {
        await send(values);
        onClose();
      }}
    />
  </Dialog>
);
