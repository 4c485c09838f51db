import { OpenStackError } from '#services/kernel/errors';
import { errorAnswer } from '../http/error-answer.js';
import { schemaLike } from '../kit/example.js';
import type { Json } from './versions.js';

/** What each status of an error says of the request. */
const MEANINGS: Readonly<Record<number, string>> = {
  400: 'The request is malformed, or asks for what cannot be.',
  401: 'There is no token, or one that does not hold.',
  403: 'The policy, or a quota, refuses it.',
  404: 'What the path names is not there, or is another project’s.',
  409: 'It conflicts with what is there.',
  429: 'It was asked too often; Retry-After says when to ask again.',
  501: 'The cloud has nothing that could do it.',
  503: 'It cannot be served for now; Retry-After says when to ask again.',
};

/** The answers for errors of one service, by status, in the shape in which it writes them. */
export const faultsOf = (service: string): Json =>
  Object.fromEntries(
    Object.entries(MEANINGS).map(([status, description]) => [
      `${service}.${status}`,
      {
        description,
        content: {
          'application/json': {
            // Placement's say more from a microversion on.
            schema: schemaLike(
              [0, Infinity].map(
                (microversion) =>
                  errorAnswer(
                    new OpenStackError(Number(status), 'Type', 'Why.'),
                    { url: `/${service}/`, requestId: 'req-', microversion },
                    '',
                  ).body,
              ),
            ),
          },
        },
      },
    ]),
  );

/** The errors that an operation may answer. @param open it needs no token @param names its path has names of things */
export function faultStatuses({
  open,
  names,
  changes,
}: Readonly<Record<'open' | 'names' | 'changes', boolean>>): number[] {
  return [
    400,
    // Who may change something without a token proves otherwise who he is.
    ...(open && !changes ? [] : [401]),
    ...(open ? [] : [403]),
    ...(open && !names ? [] : [404]),
    ...(changes ? [409] : []),
    429,
    503,
  ];
}
