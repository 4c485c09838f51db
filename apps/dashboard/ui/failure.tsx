import type { ReactNode } from 'react';
import { ApiError, textOf } from '../api/errors.js';

/** What went wrong, in the API's words, with the request's id for whoever looks into the logs. */
export function Failure({ error }: { readonly error: unknown }): ReactNode {
  if (error === null || error === undefined) return null;
  const id = error instanceof ApiError ? error.requestId : null;
  return (
    <div className="alert" role="alert">
      {textOf(error)}
      {id === null ? null : <div className="mono">{id}</div>}
    </div>
  );
}
