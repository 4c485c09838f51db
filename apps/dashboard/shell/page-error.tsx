import type { ReactNode } from 'react';
import { Link, isRouteErrorResponse, useRouteError } from 'react-router';
import { Failure } from '../ui/failure.js';

/** What stands in the place of a page that cannot be shown, in the API's words. */
export function PageError(): ReactNode {
  const error = useRouteError();
  const shown = isRouteErrorResponse(error) ? new Error(String(error.data || error.statusText)) : error;
  return (
    <div>
      <title>Error · Novaflow</title>
      <h1>This page cannot be shown</h1>
      <Failure error={shown} />
      <Link to="/">To the servers</Link>
    </div>
  );
}
