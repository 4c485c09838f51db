import type { ReactNode } from 'react';
import type { OperationDetail } from '../api/contract.js';
import { duration, local, millisOf } from '../ui/times.js';

interface TimeProps {
  readonly at: string | null;
  readonly from: number;
}

/** When it was, counted from the request. */
function After({ at, from }: TimeProps): ReactNode {
  const millis = millisOf(at);
  if (at === null || millis === undefined) return <span className="empty-value">not yet</span>;
  return (
    <time dateTime={at} title={local(at)}>
      +{duration(millis - from)}
    </time>
  );
}

interface Props {
  readonly detail: OperationDetail;
  /** When it was asked for, in milliseconds since 1970. */
  readonly from: number;
}

/** What the host saw of a booted server's cards: the plug, the first lease, and the first request for metadata. */
export function GuestNetwork({ detail: { cards }, from }: Props): ReactNode {
  if (cards.length === 0) return null;
  return (
    <section className="scroll" aria-label="The guest’s network" tabIndex={0}>
      <table>
        <caption>What the host saw of the guest’s network</caption>
        <thead>
          <tr>
            <th scope="col">Card</th>
            <th scope="col">Plugged</th>
            <th scope="col">Leased</th>
            <th scope="col">Asked for metadata</th>
          </tr>
        </thead>
        <tbody>
          {cards.map((card) => (
            <tr key={card.port_id}>
              <th scope="row">{card.addresses.join(', ') || card.port_id}</th>
              <td>
                <After at={card.plugged_at} from={from} />
              </td>
              <td>
                <After at={card.leased_at} from={from} /> {card.leased_address}
              </td>
              <td>
                <After at={card.metadata_at} from={from} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
