import { plainField, type FieldSpec } from '../../api/contract.js';

/** A field of a form: that of a resource, or one of a form that is made by hand. */
export type FormField = FieldSpec & {
  /** What a person reads in the place of a value, for values that say little. */
  readonly labels?: Readonly<Record<string, string>>;
};

/** A field of a form that is made by hand. */
export const formField = (name: string, title: string, more: Partial<FormField> = {}): FormField => ({
  ...plainField(name, { title, write: ['post'] }),
  ...more,
});
