import type { LiveEvent } from '../admin/live-event.ts';
import type { AdminPort } from './admin-port.ts';
import { CallError } from './call-error.ts';

/** How the page stands with the sidecar. */
export type Connection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** Nobody looks: the tab is hidden. */
  | { readonly kind: 'paused' }
  /** `at`: when it is tried again, by `performance.now()`. */
  | { readonly kind: 'lost'; readonly why: string; readonly at: number }
  /** It wants a token, or another one. */
  | { readonly kind: 'refused'; readonly error: CallError };

export interface LiveFeed {
  /** Connects at once, whatever it was doing, as after a token was given. */
  restart(): void;
}

/** ms between the first attempts, and at most. */
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 15_000;
/** Without an event for so long the connection counts as lost: a host that vanished closes nothing; ms. */
const SILENCE = 10_000;
const SILENT = 'The sidecar says nothing any more.';

/** Follows `GET /live` while the page is looked at, and connects again, at growing intervals, where that ends. */
export function followLive(
  port: AdminPort,
  onEvent: (event: LiveEvent) => void,
  onConnection: (connection: Connection) => void,
): LiveFeed {
  let run = 0;
  let wait = FIRST_WAIT;
  let stop = () => {};

  async function connect(): Promise<void> {
    stop();
    const mine = ++run;
    const abort = new AbortController();
    let timer = 0;
    let isSilent = false;
    stop = () => {
      clearTimeout(timer);
      abort.abort();
    };
    const listen = () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => {
        isSilent = true;
        abort.abort();
      }, SILENCE);
    };
    onConnection({ kind: 'connecting' });
    try {
      listen();
      for await (const { name, data } of port.events('live?interval=1000', abort.signal)) {
        if (mine !== run) return;
        listen();
        if (name !== 'live') continue;
        wait = FIRST_WAIT;
        onConnection({ kind: 'live' });
        onEvent(JSON.parse(data));
      }
      throw new CallError('The sidecar closed the connection.');
    } catch (error) {
      clearTimeout(timer);
      if (mine !== run) return;
      if (error instanceof CallError && isRefusal(error)) return onConnection({ kind: 'refused', error });
      const why = error instanceof CallError ? error.message : isSilent ? SILENT : 'The connection broke.';
      onConnection({ kind: 'lost', why, at: performance.now() + wait });
      timer = window.setTimeout(() => void connect(), wait);
      wait = Math.min(wait * 2, LONGEST_WAIT);
    }
  }

  function restart(): void {
    wait = FIRST_WAIT;
    if (document.hidden) return;
    void connect();
  }

  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) return restart();
    stop();
    run++;
    onConnection({ kind: 'paused' });
  });
  restart();
  return { restart };
}

function isRefusal({ status }: CallError): boolean {
  return status === 401 || status === 403 || status === 429;
}
