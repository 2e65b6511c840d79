import type { Clock } from '../clock.ts';
import type { UpstreamError } from '../errors.ts';
import type { Digest } from '../policy/secret.ts';
import type { StoredResponse } from '../policy/stored-response.ts';
import type { PurgeIndex } from '../purge/purge-index.ts';
import type { PurgeLog } from '../purge/purge-log.ts';
import type { KeyLocks } from '../store/ports.ts';
import type { TieredStore } from '../store/tiered-store.ts';
import type { Admission } from './admission.ts';
import type { Flights } from './collapse.ts';
import type { HeldRecordings } from './held-recordings.ts';
import type { LastAnswers } from './last-answers.ts';
import type { Upstream } from './ports.ts';
import type { RouteTable } from './route-table.ts';

/** Everything a request meets on its way; put together by the composition root. */
export interface Sidecar {
  /** Replaced as a whole by a reload. */
  routes: RouteTable;
  readonly store: TieredStore;
  readonly purges: { readonly index: PurgeIndex; readonly log: PurgeLog };
  /** What purges that may have been missed mean: how long none need be heard, and what is trusted after that; ms. */
  readonly coherence: { readonly lease: number; readonly cap: number };
  readonly flights: Flights;
  readonly heldRecordings: HeldRecordings;
  /** What the upstream said last in answers that were not stored. */
  readonly lastAnswers: LastAnswers;
  /** What routes with `collapse: replicas` collapse by; undefined without Redis. */
  readonly locks: KeyLocks | undefined;
  /** Has a stored response compressed in the background, where its rule wants that and nobody tried yet. */
  readonly compress: (stored: StoredResponse) => void;
  /** What bounds the requests under way, and those at the upstream. */
  readonly admission: Admission;
  readonly upstream: Upstream;
  readonly clock: Clock;
  readonly digest: Digest;
  /** In [0, 1); feeds the rules' jitter. */
  readonly random: () => number;
  /** Over an upstream exchange, where its route does not say; ms. */
  readonly timeout: number;
  /** Whether the client's own X-Forwarded-* are passed on and extended. */
  readonly trustForwarded: boolean;
  /** Told of the head of each answer of the upstream, `duration` ms after its request; background work included. */
  readonly onUpstreamHead: (status: number, duration: number) => void;
  /** Told of each failed upstream exchange, background work included. */
  readonly onUpstreamFailure: (error: UpstreamError, id: string) => void;
  /** Told of a mistake of ours that broke off the exchange with this id. */
  readonly onFault: (error: unknown, id: string) => void;
}
