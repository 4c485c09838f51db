import type { ReactNode } from 'react';
import { LOOK, WORDS } from './looks.js';
import type { Stage } from './stages.js';
import { whereOf } from './where.js';

/** Where the request is in words, and how many stages are in which state, which is also what the drawing's colours mean. */
export function Progress({ stages }: { readonly stages: readonly Stage[] }): ReactNode {
  const counted = WORDS.map(([look, words]) => ({
    look,
    words,
    count: stages.filter(({ state }) => LOOK[state] === look).length,
  }));
  return (
    <div className="progress">
      <output>{whereOf(stages)}</output>
      <ul aria-label="Stages">
        {counted
          .filter(({ count }) => count > 0)
          .map(({ look, words, count }) => (
            <li key={look}>
              <span className={`swatch ${look}`} aria-hidden="true" /> {count} {words}
            </li>
          ))}
      </ul>
    </div>
  );
}
