import { useEffect, useState, type ReactNode } from 'react';
import { duration } from '../ui/times.js';

/** How many milliseconds of the operation pass in one of the reader's. A boot of a tenth of a second wants to be slowed down. */
const SPEEDS = [0.02, 0.1, 0.5, 1, 5, 20] as const;

interface Props {
  readonly from: number;
  readonly to: number;
  /** The moment that is shown; undefined: as it is now. */
  readonly at: number | undefined;
  readonly onChange: (at: number | undefined) => void;
}

/** Moves the shown moment on, frame by frame, until the end. */
function usePlaying({ from, to, onChange }: Props, speed: number): readonly [boolean, (on: boolean) => void] {
  const [playing, setPlaying] = useState(false);
  useEffect(() => {
    if (!playing) return undefined;
    const began = performance.now();
    let frame = 0;
    const draw = (now: number): void => {
      const at = from + (now - began) * speed;
      if (at >= to) {
        setPlaying(false);
        onChange(undefined);
        return;
      }
      onChange(at);
      frame = requestAnimationFrame(draw);
    };
    frame = requestAnimationFrame(draw);
    return () => {
      cancelAnimationFrame(frame);
    };
  }, [playing, from, to, speed, onChange]);
  return [playing, setPlaying];
}

/** Watches an operation again: any moment of it, or all of it at any speed. */
export function ReplayBar(props: Props): ReactNode {
  const { from, to, at, onChange } = props;
  const [speed, setSpeed] = useState<number>(() => SPEEDS.find((one) => (to - from) / one < 8000) ?? 20);
  const [playing, setPlaying] = usePlaying(props, speed);
  const moment = Math.min(at ?? to, to);
  return (
    <fieldset className="bar replay panel">
      <legend className="visually-hidden">Replay</legend>
      <button
        type="button"
        onClick={() => {
          setPlaying(!playing);
        }}
      >
        {playing ? 'Stop' : 'Replay'}
      </button>
      <label>
        Speed{' '}
        <select
          value={speed}
          onChange={({ target }) => {
            setSpeed(Number(target.value));
          }}
        >
          {SPEEDS.map((one) => (
            <option key={one} value={one}>
              {one} ×
            </option>
          ))}
        </select>
      </label>
      <input
        type="range"
        aria-label="Moment"
        min={0}
        max={Math.max(1, to - from)}
        value={moment - from}
        onChange={({ target }) => {
          setPlaying(false);
          onChange(from + Number(target.value));
        }}
      />
      <span className="mono">
        {duration(moment - from)} of {duration(to - from)}
      </span>
    </fieldset>
  );
}
