import { PRODUCTS } from './shop.ts';

/** What a receipt promises of a purge or a write: no version before these where it is due. */
export interface Claim {
  /** Replica that took it. */
  readonly taker: string;
  /** By product. */
  readonly versions: ReadonlyMap<number, number>;
  /** Where the log has it; undefined while that is not known. */
  position: number | undefined;
  /** Monotonic ms after which it is due everywhere in any case; Infinity: no such time. */
  dueAt: number;
}

/**
 * Which versions may still be served, by replica. A claim is due at its taker at once; at the others once
 * the receipt says `all`, once they have applied its position while trusted, or when its time is up.
 */
export interface Verdict {
  /** The lowest version that a read begun now may return. */
  least(replica: string, id: number): number;
  /** A receipt came; `everywhere`: at these replicas it is due at once as well. */
  acknowledge(claim: Claim, everywhere: readonly string[]): void;
  /** This replica has applied the log up to a position, and trusts it. */
  applied(replica: string, position: number): void;
  /** Claims of a taker whose position is not known; taken before it is looked at whether anything is pending. */
  unsettled(taker: string): readonly Claim[];
  /** They stand in the log before this position. */
  settle(claims: readonly Claim[], position: number): void;
  /**
   * The log may lose its end from now on until `calm`: an append may be confirmed, and read back, by a server that is
   * master no more. What comes meanwhile, or came so shortly before that no other server may have it, has to be found
   * in the log after that.
   */
  disturb(): void;
  calm(): void;
  /** How many claims are not due everywhere yet. */
  readonly open: number;
  /** How often a claim became due at another replica than its taker, and by what. */
  readonly became: { readonly byReceipt: number; readonly byPosition: number; readonly byTime: number };
}

/** How long what was confirmed may take to reach the server that takes over, ms. */
const REPLICATED = 250;

export function createVerdict(replicas: readonly string[]): Verdict {
  const floors = new Map(replicas.map((name) => [name, Array.from({ length: PRODUCTS }, () => 0)]));
  /** With the replicas at which each is not due yet. */
  const open = new Map<Claim, Set<string>>();
  /** Monotonic ms at which each was known to stand in the log. */
  const knownAt = new WeakMap<Claim, number>();
  const became = { byReceipt: 0, byPosition: 0, byTime: 0 };
  let isDisturbed = false;

  function forgetPosition(claim: Claim): void {
    claim.position = undefined;
    claim.dueAt = Number.POSITIVE_INFINITY;
  }

  function due(claim: Claim, replica: string): void {
    const floor = floors.get(replica) ?? [];
    for (const [id, version] of claim.versions) floor[id] = Math.max(floor[id] ?? 0, version);
    const waiting = open.get(claim);
    waiting?.delete(replica);
    if (waiting?.size === 0) open.delete(claim);
  }

  function lookAtTheClock(): void {
    const now = performance.now();
    for (const [claim, waiting] of open) {
      if (claim.dueAt > now) continue;
      for (const replica of waiting) {
        due(claim, replica);
        became.byTime++;
      }
    }
  }

  return {
    least(replica, id) {
      lookAtTheClock();
      return floors.get(replica)?.[id] ?? 0;
    },
    acknowledge(claim, everywhere) {
      if (isDisturbed) forgetPosition(claim);
      open.set(claim, new Set(replicas));
      knownAt.set(claim, performance.now());
      due(claim, claim.taker);
      for (const replica of everywhere) {
        if (!open.get(claim)?.has(replica)) continue;
        due(claim, replica);
        became.byReceipt++;
      }
    },
    applied(replica, position) {
      for (const [claim, waiting] of open) {
        if (claim.position === undefined || claim.position > position || !waiting.has(replica)) continue;
        due(claim, replica);
        became.byPosition++;
      }
    },
    unsettled(taker) {
      if (isDisturbed) return [];
      return [...open.keys()].filter((claim) => claim.taker === taker && claim.position === undefined);
    },
    settle(claims, position) {
      if (isDisturbed) return;
      for (const claim of claims) {
        if (claim.position !== undefined) continue;
        claim.position = position;
        knownAt.set(claim, performance.now());
      }
    },
    disturb() {
      lookAtTheClock();
      isDisturbed = true;
      const replicated = performance.now() - REPLICATED;
      for (const claim of open.keys()) {
        if ((knownAt.get(claim) ?? Number.POSITIVE_INFINITY) > replicated) forgetPosition(claim);
      }
    },
    calm() {
      isDisturbed = false;
    },
    get open() {
      return open.size;
    },
    became,
  };
}
