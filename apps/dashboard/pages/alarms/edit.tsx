import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { alarmQuery, ruleOf, updateAlarm } from '../../api/alarms.js';
import { ResourceForm } from '../resources/resource-form.js';
import { bodyOf, fieldsOf, formOf } from './rule.js';

export { loader } from './detail.js';

export function Component(): ReactNode {
  const id = useParams()['id'] ?? '';
  const navigate = useNavigate();
  const { data: newest } = useSuspenseQuery(alarmQuery(id));
  const { data: now = newest } = useQuery(alarmQuery(id));
  // What somebody is changing stays as it was when they began, whatever state the alarm comes to meanwhile.
  const [alarm] = useState(newest);
  const update = async (values: Record<string, unknown>): Promise<void> => {
    await updateAlarm(now, bodyOf(alarm.type, values, ruleOf(alarm)));
    await navigate(`/alarms/${encodeURIComponent(id)}`);
  };
  return (
    <>
      <title>{`Change ${alarm.name} · Novaflow`}</title>
      <p>
        <Link to={`/alarms/${encodeURIComponent(id)}`}>{alarm.name}</Link>
      </p>
      <h1>Change {alarm.name}</h1>
      <ResourceForm fields={fieldsOf(alarm.type)} write="put" before={formOf(alarm)} verb="Save" send={update} />
    </>
  );
}
