import type { Logger } from 'pino';
import type { Clock } from '../clock.ts';
import type { AdmissionLevels } from '../observe/admission-levels.ts';
import type { AuditOrigin } from '../observe/audit.ts';
import type { LatencySnapshot } from '../observe/latency.ts';
import type { PurgeLevels } from '../observe/metrics-sources.ts';
import type { Outcome } from '../observe/outcome.ts';
import type { RawStats } from '../observe/raw-stats.ts';
import type { StatsSnapshot } from '../observe/stats.ts';
import type { UpstreamHealth } from '../observe/upstream-health.ts';
import type { PurgeLedger } from '../purge/purge-ledger.ts';
import type { Receipt } from '../purge/purge-log.ts';
import type { Purge } from '../purge/selector.ts';
import type { RemoteState, RemoteStats, TierStats } from '../store/ports.ts';
import type { ExplainOrder, Explanation } from './explanation.ts';
import type { KeyListing, KeyQuery } from './key-listing.ts';

/** What a token may do: `read` looks, `purge` changes state (purge, warm, reload). */
export type Scope = 'read' | 'purge';

export interface AdminToken {
  /** Appears in the log beside everything done with it. */
  readonly name: string;
  readonly token: string;
  readonly scopes: readonly Scope[];
}

/** Everything the admin server serves; handed in by the composition root. */
export interface AdminParts {
  /** Empty: no token is asked for, on loopback only. */
  readonly tokens: readonly AdminToken[];
  readonly log: Logger;
  readonly clock: Clock;
  readonly purges: {
    /** `ack`: every replica is to say at once that it has applied them. */
    append(purges: readonly Purge[], options: { readonly ack: boolean }): Promise<Receipt>;
    readonly ledger: PurgeLedger;
  };
  /**
   * How many stored responses in memory one purge names, null where that could not be found out in time;
   * absent: there is no memory tier to look into.
   */
  readonly matching?: (purge: Purge) => number | Promise<number | null>;
  /**
   * The forms that a request target (origin-form: path and query) may have in the URLs of stored responses;
   * none where a request for it would be refused. `authority` as the operator named it, in lower case.
   */
  readonly storedTargets: (target: string, authority: string | undefined) => readonly string[];
  /** Names of the routes as configured now. */
  readonly routeNames: () => readonly string[];
  readonly figures: () => AdminFigures | Promise<AdminFigures>;
  /** How a request would fare now, and why; undefined where no process can say. */
  readonly explain: (order: ExplainOrder) => Promise<Explanation | undefined>;
  readonly keys: (query: KeyQuery) => KeyListing | Promise<KeyListing>;
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
  readonly readiness: () => Readiness;
  /** Fetches one path through the pipeline as a client would, discarding the body. */
  readonly warm: (target: WarmTarget, signal: AbortSignal) => Promise<Outcome>;
  /** Says in the audit log what became of it. Throws an OperatorError; one with `problems` lists every mistake of the file. */
  readonly reload: (origin: AuditOrigin) => Promise<void>;
  /** The effective configuration, secrets masked. */
  readonly config: () => unknown;
}

/** What was counted, as people are shown it, and the numbers behind its tallies. */
export interface AdminFigures {
  readonly stats: AdminStats;
  readonly raw: RawStats;
}

export interface AdminStats extends StatsSnapshot {
  /** Where there are several processes: each of those that take requests, and how many were replaced. */
  readonly workers?: readonly WorkerStats[];
  readonly workerRestarts?: number;
  /** null: no memory tier. `limit` in bytes. */
  readonly memory: (TierStats & { readonly limit: number }) | null;
  /** null: no Redis tier. */
  readonly redis: RemoteStats | null;
  /** undefined while no process is there to tell. */
  readonly admission: AdmissionLevels | undefined;
  readonly upstream: UpstreamHealth;
  readonly purges: PurgeStats;
}

/** How far this sidecar hears of purges; see `purgeLevels`. */
export interface PurgeStats extends PurgeLevels {
  /** From the append of a purge to here, ms; of those heard since the start. */
  readonly lag: Pick<LatencySnapshot, 'count' | 'p50' | 'p99' | 'max'>;
  /** As of the last look, at least every ten seconds. */
  readonly replicas: PurgeLedger['replicas'];
}

export interface Readiness {
  /** Started, and able to take requests. */
  readonly ready: boolean;
  readonly draining: boolean;
  /** null: no memory tier. `bytes` and `limit` in bytes. */
  readonly cache: { readonly responses: number; readonly bytes: number; readonly limit: number } | null;
  readonly redis: RemoteState;
  /** As in AdminStats. While `trusted` is false, Redis is not read, whatever its state. */
  readonly purges: Pick<PurgeStats, 'trusted' | 'beyondLease'>;
  /** While what is used most is fetched at start: stored responses fetched, of how many at most. */
  readonly warmStart?: { readonly fetched: number; readonly of: number } | undefined;
  /** Where there are several processes: how many of them take requests. */
  readonly workers?: { readonly running: number; readonly of: number };
}

/** One process of several that answer requests. */
export interface WorkerStats {
  /** Its place, from 1. */
  readonly worker: number;
  readonly pid: number;
  /** ms. */
  readonly uptime: number;
  readonly requests: number;
  /** false: it did not answer in time, and what is told of it is older. */
  readonly answers: boolean;
}

/** One path to fetch. */
export interface WarmTarget {
  readonly scheme: 'http' | 'https';
  /** Host and port in lower case; undefined: the composition root's default. */
  readonly authority: string | undefined;
  /** Normalised path and query. */
  readonly target: string;
}
