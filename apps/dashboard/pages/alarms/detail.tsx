import { useMutation, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { Link, useNavigate, useParams, type LoaderFunctionArgs } from 'react-router';
import {
  alarmQuery,
  deleteAlarm,
  setAlarmState,
  STATES,
  updateAlarm,
  type Alarm,
  type State,
} from '../../api/alarms.js';
import { queryClient } from '../../api/query.js';
import { Button } from '../../ui/button.js';
import { Copyable } from '../../ui/copyable.js';
import { DeleteButton } from '../../ui/delete-button.js';
import { Failure } from '../../ui/failure.js';
import { local } from '../../ui/times.js';
import { AlarmCharts } from './alarm-chart.js';
import { History } from './history.js';
import { sentenceOf } from './rule.js';
import { AlarmState, meaningOf } from './state.js';

export async function loader({ params }: LoaderFunctionArgs): Promise<null> {
  await queryClient.ensureQueryData(alarmQuery(params['id'] ?? ''));
  return null;
}

/** Sets the state by hand; the next look at the alarm may set another one. */
function SetState({ alarm: { alarm_id, state } }: { readonly alarm: Alarm }): ReactNode {
  const [chosen, setChosen] = useState<State>(state);
  const { mutate, isPending, error } = useMutation({ mutationFn: () => setAlarmState(alarm_id, chosen) });
  return (
    <>
      <Failure error={error} />
      <label>
        <span className="visually-hidden">State to set</span>
        <select
          value={chosen}
          onChange={({ target }) => {
            setChosen(STATES.find((one) => one === target.value) ?? chosen);
          }}
        >
          {STATES.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <Button
        reason={isPending ? 'The last request is under way.' : undefined}
        onPress={() => {
          mutate();
        }}
      >
        Set state
      </Button>
    </>
  );
}

function Actions({ alarm }: { readonly alarm: Alarm }): ReactNode {
  const { alarm_id, name, enabled } = alarm;
  const navigate = useNavigate();
  const { mutate, isPending, error } = useMutation({ mutationFn: () => updateAlarm(alarm, { enabled: !enabled }) });
  return (
    <>
      <Failure error={error} />
      <fieldset className="bar panel">
        <legend className="visually-hidden">Actions</legend>
        <Button
          reason={isPending ? 'The last request is under way.' : undefined}
          onPress={() => {
            mutate();
          }}
        >
          {enabled ? 'Disable' : 'Enable'}
        </Button>
        <SetState alarm={alarm} />
        <span className="grow" />
        <Link className="button" to={`/alarms/${encodeURIComponent(alarm_id)}/edit`}>
          Change
        </Link>
        <DeleteButton
          name={name}
          text="This cannot be taken back. Its history stays for a while."
          act={async () => {
            await deleteAlarm(alarm_id);
            await navigate('/alarms');
          }}
        />
      </fieldset>
    </>
  );
}

function Told({ when, addresses }: { readonly when: string; readonly addresses: readonly string[] }): ReactNode {
  if (addresses.length === 0) return null;
  return (
    <>
      <dt>Told {when}</dt>
      <dd>{addresses.join(', ')}</dd>
    </>
  );
}

function Facts({ alarm }: { readonly alarm: Alarm }): ReactNode {
  const { state, state_reason, state_timestamp, severity, description, repeat_actions, time_constraints } = alarm;
  return (
    <dl className="facts panel">
      <dt>It is an alarm when</dt>
      <dd>{sentenceOf(alarm)}</dd>
      <dt>Now</dt>
      <dd>
        {meaningOf(state)} {state_reason} Since {local(state_timestamp ?? '')}.
      </dd>
      <dt>Severity</dt>
      <dd>{severity}</dd>
      {description ? (
        <>
          <dt>Description</dt>
          <dd>{description}</dd>
        </>
      ) : null}
      <Told when="of an alarm" addresses={alarm.alarm_actions} />
      <Told when="when all is well again" addresses={alarm.ok_actions} />
      <Told when="when there is too little data" addresses={alarm.insufficient_data_actions} />
      {repeat_actions ? (
        <>
          <dt>Repeated</dt>
          <dd>at each look while the state lasts</dd>
        </>
      ) : null}
      {time_constraints.length === 0 ? null : (
        <>
          <dt>Looked at</dt>
          <dd>{time_constraints.map((one) => one.description).join('; ')}</dd>
        </>
      )}
    </dl>
  );
}

/** An alarm: its state and why it is so, what it looks at, and what happened to it. */
export function Component(): ReactNode {
  const id = useParams()['id'] ?? '';
  const { data: alarm } = useSuspenseQuery(alarmQuery(id));
  const { error } = useQuery(alarmQuery(id));
  const { name, state, enabled } = alarm;
  return (
    <>
      <title>{`${name} · Alarms · Novaflow`}</title>
      <p>
        <Link to="/alarms">Alarms</Link>
      </p>
      <div className="title">
        <h1>{name}</h1>
        <AlarmState state={state} enabled={enabled} />
        <Copyable value={id} short />
      </div>
      <Failure error={error} />
      <Actions alarm={alarm} />
      <Facts alarm={alarm} />
      <AlarmCharts alarm={alarm} />
      <h2>History</h2>
      <History id={id} />
    </>
  );
}
