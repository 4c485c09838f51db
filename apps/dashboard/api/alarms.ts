import { queryOptions } from '@tanstack/react-query';
import { call } from './http.js';
import { queryClient } from './query.js';
import type { Answers } from './schema.js';

/** An alarm as Aodh answers it. It has the rule of its own type alone, under `<type>_rule`. */
export type Alarm = Answers['GET /alarming/v2/alarms/{id}'];
export type AlarmType = Alarm['type'];
export type State = Alarm['state'];
export const STATES = ['ok', 'alarm', 'insufficient data'] as const satisfies readonly State[];
/** Something that happened to an alarm. `detail` is JSON in a text. */
export type Change = Answers['GET /alarming/v2/alarms/{id}/history'][number];
/** The rule of an alarm, as Aodh writes it for each type. */
export type Rule = Readonly<Record<string, unknown>>;

const PATH = '/alarming/v2/alarms';
const pathOf = (id: string): string => `${PATH}/${encodeURIComponent(id)}`;
/** Milliseconds between two looks: an alarm is looked at each minute, and more often where somebody has set it so. */
const EVERY = 5000;
/** More than any project may have by default. */
const MOST = 1000;
/** As many changes as a page shows. */
export const CHANGES = 200;

export const ruleOf = (alarm: Alarm): Rule => alarm[`${alarm.type}_rule`] ?? {};

/** @param state only those in this state */
export const alarmsQuery = (state: string | null) =>
  queryOptions({
    queryKey: ['alarms', 'list', state],
    queryFn: ({ signal }) => {
      const params = new URLSearchParams({ limit: String(MOST), sort: 'name:asc' });
      if (state !== null)
        for (const [name, value] of [
          ['field', 'state'],
          ['op', 'eq'],
          ['value', state],
        ])
          params.append(`q.${name}`, String(value));
      return call<readonly Alarm[]>(`${PATH}?${params}`, { signal });
    },
    refetchInterval: EVERY,
  });

export const alarmQuery = (id: string) =>
  queryOptions({
    queryKey: ['alarms', 'item', id],
    queryFn: ({ signal }) => call<Alarm>(pathOf(id), { signal }),
    refetchInterval: EVERY,
  });

/** What happened to an alarm, the newest first. */
export const historyQuery = (id: string) =>
  queryOptions({
    queryKey: ['alarms', 'history', id],
    queryFn: ({ signal }) => call<readonly Change[]>(`${pathOf(id)}/history?limit=${CHANGES}`, { signal }),
    refetchInterval: EVERY,
  });

const refresh = (): Promise<void> => queryClient.invalidateQueries({ queryKey: ['alarms'] });

/** @throws ApiError in Aodh's words */
export async function createAlarm(body: Rule): Promise<Alarm> {
  const made = await call<Alarm>(PATH, { method: 'POST', body });
  await refresh();
  return made;
}

/** Aodh takes the whole alarm for a change of any part of it. @throws ApiError in Aodh's words */
export async function updateAlarm(alarm: Alarm, change: Rule): Promise<void> {
  await call(pathOf(alarm.alarm_id), { method: 'PUT', body: { ...alarm, ...change } });
  await refresh();
}

/** @throws ApiError in Aodh's words */
export async function setAlarmState(id: string, state: State): Promise<void> {
  await call(`${pathOf(id)}/state`, { method: 'PUT', body: state });
  await refresh();
}

/** @throws ApiError in Aodh's words */
export async function deleteAlarm(id: string): Promise<void> {
  await call(pathOf(id), { method: 'DELETE' });
  queryClient.removeQueries({ queryKey: ['alarms', 'item', id] });
  await queryClient.invalidateQueries({ queryKey: ['alarms', 'list'] });
}
