import type { Logger } from 'pino';
import type { Outcome } from '../observe/outcome.ts';
import type { StatsSnapshot } from '../observe/stats.ts';
import type { Receipt } from '../purge/purge-log.ts';
import type { Purge } from '../purge/selector.ts';
import type { RemoteState, RemoteStats, TierStats } from '../store/ports.ts';

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
  readonly purges: { append(purges: readonly Purge[]): Promise<Receipt> };
  /** How many stored responses in memory one purge names; absent: there is no memory tier to look into. */
  readonly matching?: (purge: Purge) => number;
  /**
   * The form of a request target (origin-form: path and query) that stored URLs have, or undefined
   * where a request for it would be refused. `authority` as the operator named it, in lower case.
   */
  readonly normaliseTarget: (target: string, authority: string | undefined) => string | undefined;
  /** Names of the routes as configured now. */
  readonly routeNames: () => readonly string[];
  readonly stats: () => AdminStats;
  readonly metrics: { readonly contentType: string; text(): Promise<string> };
  readonly readiness: () => Readiness;
  /** Fetches one path through the pipeline as a client would, discarding the body. */
  readonly warm: (target: WarmTarget, signal: AbortSignal) => Promise<Outcome>;
  /** Throws an OperatorError; one with `problems` lists every mistake of the file. */
  readonly reload: () => Promise<void>;
  /** The effective configuration, secrets masked. */
  readonly config: () => unknown;
}

export interface AdminStats extends StatsSnapshot {
  /** null: no memory tier. `limit` in bytes. */
  readonly memory: (TierStats & { readonly limit: number }) | null;
  /** null: no Redis tier. */
  readonly redis: RemoteStats | null;
  readonly purges: { readonly applied: number; readonly pending: number; readonly trusted: boolean };
}

export interface Readiness {
  /** Started, and able to take requests. */
  readonly ready: boolean;
  readonly draining: boolean;
  /** null: no memory tier. `bytes` and `limit` in bytes. */
  readonly cache: { readonly responses: number; readonly bytes: number; readonly limit: number } | null;
  readonly redis: RemoteState;
  /** `trusted` as in AdminStats: while it is false, Redis is not read, whatever its state. */
  readonly purges: Pick<AdminStats['purges'], 'trusted'>;
  /** While what is used most is fetched at start: stored responses fetched, of how many at most. */
  readonly warmStart?: { readonly fetched: number; readonly of: number } | undefined;
}

/** One path to fetch. */
export interface WarmTarget {
  readonly scheme: 'http' | 'https';
  /** Host and port in lower case; undefined: the composition root's default. */
  readonly authority: string | undefined;
  /** Normalised path and query. */
  readonly target: string;
}
