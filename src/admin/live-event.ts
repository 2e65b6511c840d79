import type { StatsWindow } from '../observe/stats-window.ts';
import type { AdminStats } from './ports.ts';

/** What `GET /live` tells with each event. */
export interface LiveEvent {
  /** ms since the epoch. */
  readonly now: number;
  /** The body of `GET /stats` at that moment. */
  readonly stats: AdminStats;
  readonly window: LiveWindow;
}

/** What happened since the event before of the same stream; in its first event nothing. */
export interface LiveWindow extends StatsWindow {
  /** ms. */
  readonly duration: number;
}
