import type { ReactNode } from 'react';
import type { State } from '../../api/alarms.js';

/** A state by colour, and by what it says. */
const LOOKS: Readonly<Record<State, readonly [tone: string, words: string]>> = {
  ok: ['good', 'What the rule looks for is not so.'],
  alarm: ['bad', 'What the rule looks for is so.'],
  'insufficient data': ['busy', 'There is too little data to tell.'],
};

export const meaningOf = (state: State): string => LOOKS[state][1];

export const AlarmState = ({ state, enabled }: { readonly state: State; readonly enabled: boolean }): ReactNode => (
  <>
    <span className={`badge ${LOOKS[state][0]}`} title={meaningOf(state)}>
      {state}
    </span>
    {enabled ? null : <span className="badge quiet">disabled</span>}
  </>
);
