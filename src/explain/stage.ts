import type { Clock } from '../clock.ts';
import { createFlights } from '../proxy/collapse.ts';
import type { Upstream } from '../proxy/ports.ts';
import type { Sidecar } from '../proxy/sidecar.ts';
import type { MemoryTier, RemoteTier } from '../store/ports.ts';
import { createTieredStore } from '../store/tiered-store.ts';
import { stageAdmission } from './stage-admission.ts';
import { type RemoteLooks, stageMemory, stageRemote } from './stage-memory.ts';

/** What a rehearsal plays with: the sidecar that serves, and its tiers. */
export interface Playhouse {
  readonly sidecar: Sidecar;
  readonly memory: MemoryTier | undefined;
  readonly redis: { readonly tier: RemoteTier; readonly look: RemoteLooks } | undefined;
  /** Stands still while an explanation is made. */
  readonly clock: Clock;
}

/** What the stage tells of. */
export interface StageListener {
  /** It would have to wait for its turn at the gate. */
  onTurn(): void;
  /** It would have to wait for a fetch that is under way. */
  onFollow(): void;
  onFault(error: unknown): void;
}

/**
 * A sidecar on which requests can be rehearsed: all that it knows is what the serving one knows at this moment, and all
 * that is done to it is done to it alone. Every member is named, so that a new one has to be thought of here.
 */
export function createStage(
  { sidecar, memory, redis, clock }: Playhouse,
  upstream: Upstream,
  listener: StageListener,
): Sidecar {
  const { flights, purges, digest } = sidecar;
  const own = createFlights();
  const log = {
    applied: purges.log.applied,
    trusted: purges.log.trusted,
    confirmedAt: purges.log.confirmedAt,
    pending: purges.log.pending,
    append: async () => ({ kind: 'appended', position: purges.log.applied }) as const,
    reached: async () => true,
    close: async () => {},
  };
  return {
    routes: sidecar.routes,
    store: createTieredStore({
      memory: memory && stageMemory(memory),
      remote: redis && stageRemote(redis.tier, redis.look),
      remoteTrusted: () => log.trusted,
      digest,
      clock,
    }),
    // Its verdicts are remembered in what they are about, and that is a copy here.
    purges: { index: purges.index, log },
    coherence: sidecar.coherence,
    flights: {
      ...own,
      board(key) {
        if (!flights.isUnderWay(key)) return own.board(key);
        listener.onFollow();
        return { kind: 'follow', leader: undefined, wait: () => new Promise(() => {}) };
      },
      isUnderWay: flights.isUnderWay,
      isUncacheable: flights.isUncacheable,
      renewals: { ...own.renewals, isDue: flights.renewals.isDue },
    },
    heldRecordings: { hold() {}, release() {} },
    lastAnswers: { note() {}, find: sidecar.lastAnswers.find },
    // Who holds a lock is told beside: a rehearsal waits for nobody.
    locks: undefined,
    compress() {},
    admission: stageAdmission(sidecar.admission, listener.onTurn),
    upstream,
    clock,
    digest,
    random: () => 0,
    timeout: sidecar.timeout,
    trustForwarded: sidecar.trustForwarded,
    onUpstreamHead() {},
    onUpstreamFailure() {},
    onFault: listener.onFault,
  };
}
