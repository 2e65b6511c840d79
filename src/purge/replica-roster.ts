import type { Clock } from '../clock.ts';
import type { ReplicaReport } from './replica-reports.ts';

/** A replica that may hold stored responses. */
export interface KnownReplica extends ReplicaReport {
  readonly replica: string;
}

/**
 * The replicas that are known here, this one among them: those that the hash names and those that the
 * log told of, but for those that left or fell silent long ago. That the hash is lost makes nobody
 * forget a replica.
 */
export interface ReplicaRoster {
  /** The log says that it joined; `seen`: ms of the entry. */
  joined(replica: string, name: string, seen: number): void;
  left(replica: string): void;
  /** Takes over what the hash says now. Returns those in it that have left or are forgotten. */
  update(reports: ReadonlyMap<string, ReplicaReport>): string[];
  /**
   * Forgets others of which nothing new was heard here for ten minutes, or that said something last twenty minutes
   * before `now` (time at Redis, ms) and nothing within `patience` ms. Returns them.
   */
  forget(now: number, patience: number): string[];
  /** Nothing that was not heard counts as silence up to this moment: it could not be heard. */
  excuse(): void;
  all(): KnownReplica[];
}

/** How long a replica must have been silent to be forgotten; ms. */
export const FORGET = 600_000;
const LONG_AGO = 2 * FORGET;

export function createRoster(own: string, clock: Clock): ReplicaRoster {
  /** `heard`: monotonic ms at which it last said anything new. */
  const known = new Map<string, { report: ReplicaReport; heard: number }>();
  /** By when, so that what the hash still says does not bring them back; `seen`: what it may say at most. */
  const gone = new Map<string, { readonly at: number; readonly seen: number }>();

  function remove(replica: string, seen = Number.POSITIVE_INFINITY): void {
    known.delete(replica);
    gone.set(replica, { at: clock.monotonic(), seen });
  }

  return {
    joined(replica, name, seen) {
      gone.delete(replica);
      const before = known.get(replica)?.report;
      const report = { name, cursor: before?.cursor, seen: Math.max(seen, before?.seen ?? 0) };
      known.set(replica, { report, heard: clock.monotonic() });
    },
    left: (replica) => remove(replica),
    update(reports) {
      const over: string[] = [];
      const now = clock.monotonic();
      for (const [replica, report] of reports) {
        const before = known.get(replica)?.report;
        if (report.seen <= (gone.get(replica)?.seen ?? -1)) over.push(replica);
        else if (before?.seen !== report.seen || before.cursor?.id !== report.cursor?.id) {
          gone.delete(replica);
          known.set(replica, { report, heard: now });
        }
      }
      return over;
    },
    forget(now, patience) {
      const mono = clock.monotonic();
      const forgotten = [...known].filter(([replica, { report, heard }]) => {
        const silence = mono - heard;
        return replica !== own && (silence > FORGET || (silence > patience && now - report.seen > LONG_AGO));
      });
      for (const [replica, { report }] of forgotten) remove(replica, report.seen);
      for (const [replica, { at }] of gone) if (mono - at > FORGET) gone.delete(replica);
      return forgotten.map(([replica]) => replica);
    },
    excuse() {
      for (const each of known.values()) each.heard = clock.monotonic();
    },
    all: () => [...known].map(([replica, { report }]) => ({ replica, ...report })),
  };
}
