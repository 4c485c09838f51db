import type { ReactNode } from 'react';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { createAlarm } from '../../api/alarms.js';
import { ResourceForm } from '../resources/resource-form.js';
import { bodyOf, fieldsOf, typeOf, TYPES } from './rule.js';

/** The form of an alarm. Its address may fill it in, as the page of a metric does. */
export function Component(): ReactNode {
  const [params, setParams] = useSearchParams();
  const navigate = useNavigate();
  const type = typeOf(params.get('type'));
  const create = async (values: Record<string, unknown>): Promise<void> => {
    const { alarm_id } = await createAlarm(bodyOf(type, values));
    await navigate(`/alarms/${encodeURIComponent(alarm_id)}`);
  };
  return (
    <>
      <title>New alarm · Novaflow</title>
      <p>
        <Link to="/alarms">Alarms</Link>
      </p>
      <h1>New alarm</h1>
      <p>
        <label>
          On{' '}
          <select
            value={type}
            onChange={({ target }) => {
              setParams({ type: target.value }, { replace: true });
            }}
          >
            {Object.entries(TYPES).map(([one, words]) => (
              <option key={one} value={one}>
                {words}
              </option>
            ))}
          </select>
        </label>
      </p>
      <ResourceForm
        key={type}
        fields={fieldsOf(type)}
        write="post"
        filled={Object.fromEntries(params)}
        verb="Create"
        send={create}
      />
    </>
  );
}
