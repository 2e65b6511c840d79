import type { LiveEvent } from '../admin/live-event.ts';
import { byId, setAttribute, setText } from './element.ts';
import { count, NONE, span } from './figures.ts';
import type { Connection } from './live-feed.ts';
import type { Level } from './panel.ts';

/** What `GET /readyz` says, as far as it is shown. */
export interface ReadyState {
  readonly status: 'starting' | 'draining' | 'ready' | 'degraded';
  readonly redis: { readonly status: string };
  readonly purges: { readonly trusted: boolean; readonly beyondLease: boolean };
  readonly workers?: { readonly running: number; readonly of: number };
  readonly warmStart?: { readonly fetched: number; readonly of: number };
}

/** The head of the page: what this is, and how it is. */
export interface Head {
  show(event: LiveEvent): void;
  /** undefined: it does not answer. */
  showState(ready: ReadyState | undefined): void;
  showConnection(connection: Connection): void;
}

const LEVELS: Readonly<Record<ReadyState['status'], Level>> = {
  ready: 'good',
  degraded: 'warn',
  starting: 'warn',
  draining: 'warn',
};

export function createHead(): Head {
  const state = byId('state');
  const connection = byId('connection');
  const trouble = byId('trouble');
  let countdown = 0;

  function say(text: string, level: Level | undefined): void {
    setText(connection, text);
    setAttribute(connection, 'data-level', level);
  }

  /** Alerts are read out: what changes every second is said in the head alone. */
  function complain(text: string): void {
    setText(trouble, text);
    trouble.hidden = text === '';
    document.body.classList.toggle('is-stale', text !== '');
  }

  return {
    show({ stats }) {
      setText(byId('uptime'), span(stats.uptime));
      setText(byId('route-count'), count(Object.keys(stats.routes).filter((name) => name !== 'none').length));
    },
    showState(ready) {
      setText(state, ready?.status ?? 'not reachable');
      setAttribute(state, 'data-level', ready === undefined ? 'bad' : LEVELS[ready.status]);
      setAttribute(state, 'title', ready === undefined ? undefined : reasons(ready));
      if (ready === undefined) setText(byId('uptime'), NONE);
    },
    showConnection(now) {
      clearInterval(countdown);
      switch (now.kind) {
        case 'live':
          complain('');
          return say('live', 'good');
        case 'connecting':
          return say('connecting', undefined);
        case 'paused':
          return say('paused', undefined);
        case 'refused':
          complain('');
          return say('not signed in', 'warn');
        case 'lost': {
          complain(`${now.why} The figures below are the last ones that came; it is tried again.`);
          const tell = () =>
            say(`lost, tried in ${Math.max(0, Math.ceil((now.at - performance.now()) / 1000))} s`, 'bad');
          tell();
          countdown = window.setInterval(tell, 1000);
          return;
        }
        default:
          return now satisfies never;
      }
    },
  };
}

/** Why it is degraded, or how far it is. */
function reasons({ redis, purges, workers, warmStart }: ReadyState): string {
  const parts = [`Redis ${redis.status}`];
  if (!purges.trusted) parts.push('the purge log cannot be followed');
  if (purges.beyondLease) parts.push('beyond the lease');
  if (workers !== undefined) parts.push(`${workers.running} of ${workers.of} workers`);
  if (warmStart !== undefined) parts.push(`warm start: ${warmStart.fetched} of ${warmStart.of}`);
  return parts.join(', ');
}
