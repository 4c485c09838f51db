import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Link, useParams, type LoaderFunctionArgs } from 'react-router';
import { call } from '../../api/http.js';
import { asText } from '../../ui/as-text.js';
import { Failure } from '../../ui/failure.js';
import { loadServer, useServer } from './server.js';

/** As many lines as a screen is scrolled through; Nova gives the last ones. */
const LINES = 1000;
/** Milliseconds: a guest that boots prints faster than anybody reads. */
const EVERY = 2000;

export const loader = ({ params }: LoaderFunctionArgs): Promise<null> => loadServer(params['id'] ?? '');

const outputOf = async (id: string, signal: AbortSignal): Promise<string> => {
  const body = { 'os-getConsoleOutput': { length: LINES } };
  const { output } = await call<{ output: string }>(`/compute/v2.1/servers/${id}/action`, {
    method: 'POST',
    body,
    signal,
  });
  return output;
};

/** What a server's guest prints, as it prints it. */
export function Component(): ReactNode {
  const id = useParams()['id'] ?? '';
  const name = asText(useServer(id)['name']);
  const [follows, setFollows] = useState(true);
  const end = useRef<HTMLPreElement>(null);
  const { data = '', error } = useQuery({
    queryKey: ['compute', 'servers', 'console-log', id],
    queryFn: ({ signal }) => outputOf(id, signal),
    refetchInterval: follows ? EVERY : false,
  });
  // After each drawing, since what is drawn may have grown.
  useEffect(() => {
    if (follows) end.current?.scrollTo({ top: end.current.scrollHeight });
  });
  return (
    <>
      <title>{`Console log of ${name} · Novaflow`}</title>
      <p>
        <Link to={`/compute/servers/${id}`}>{name}</Link>
      </p>
      <div className="title">
        <h1>Console log</h1>
        <label>
          <input
            type="checkbox"
            checked={follows}
            onChange={({ target }) => {
              setFollows(target.checked);
            }}
          />{' '}
          Follow
        </label>
      </div>
      <Failure error={error} />
      <pre ref={end} className="console" aria-label="Console log" tabIndex={0}>
        {data}
      </pre>
    </>
  );
}
