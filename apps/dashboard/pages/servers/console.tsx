import RFB from '@novnc/novnc';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Link, useSearchParams } from 'react-router';
import { Button } from '../../ui/button.js';

type Phase = 'connecting' | 'open' | 'refused' | 'closed';

/** A browser tells a page nothing of why a WebSocket was refused, so all reasons that there are have to be named. */
const WORDS: Readonly<Record<Phase, string>> = {
  connecting: 'Connecting…',
  open: '',
  refused:
    'The display cannot be shown. An address is good for ten minutes, and while its server runs and who asked for it may see it; ' +
    'a server that was made before servers had displays has none until it is made anew.',
  closed:
    'The console was closed: the server was stopped or deleted, who opened it may not see it any more, or nothing happened for an hour.',
};

function addressOf(token: string): string {
  const url = new URL(`/dashboard/vnc/websockify?token=${encodeURIComponent(token)}`, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  return url.href;
}

/** Shows a display in an element for as long as that is there. @param told of each new phase */
function useDisplay(token: string, told: (phase: Phase) => void) {
  const place = useRef<HTMLDivElement>(null);
  const display = useRef<RFB>(null);
  useEffect(() => {
    if (place.current === null) return undefined;
    const rfb = new RFB(place.current, addressOf(token));
    rfb.scaleViewport = true;
    let phase: Phase = 'connecting';
    const tell = (next: Phase): void => {
      phase = next;
      told(next);
    };
    rfb.addEventListener('connect', () => {
      tell('open');
      rfb.focus();
    });
    rfb.addEventListener('disconnect', () => {
      tell(phase === 'open' ? 'closed' : 'refused');
    });
    display.current = rfb;
    return () => {
      // noVNC complains of an end after the end.
      if (phase === 'connecting' || phase === 'open') rfb.disconnect();
    };
  }, [token, told]);
  return { place, display };
}

/**
 * A guest's display, its keyboard and its mouse. Whoever has the address may see it, as with Nova's own page for noVNC, so it stands
 * outside the session.
 */
export function Component(): ReactNode {
  const token = useSearchParams()[0].get('token') ?? '';
  const [phase, setPhase] = useState<Phase>('connecting');
  const { place, display } = useDisplay(token, setPhase);
  return (
    <main className="display">
      <title>Console · Novaflow</title>
      <div className="title">
        <h1>Console</h1>
        <Button
          reason={phase === 'open' ? undefined : 'There is no display to send it to.'}
          onPress={() => display.current?.sendCtrlAltDel()}
        >
          Send Ctrl+Alt+Del
        </Button>
        <span className="grow" />
        <Link to="/compute/servers">Servers</Link>
      </div>
      <p role={phase === 'refused' || phase === 'closed' ? 'alert' : 'status'}>{WORDS[phase]}</p>
      <div className="screen" ref={place} data-phase={phase} />
    </main>
  );
}
