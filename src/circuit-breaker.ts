/** `open`: nothing is sent. `half-open`: a probe is under way. */
export type BreakerState = 'closed' | 'open' | 'half-open';

export interface CircuitBreaker {
  readonly state: BreakerState;
  /** ms from now until a probe is due; 0 unless open. */
  readonly probeIn: number;
  /** Whether `admits` would say no. */
  readonly refuses: boolean;
  /**
   * Whether something may be sent now. Closed: yes. Open: yes once after the back-off, which makes it
   * half-open; its outcome must be reported. Half-open: once more when the probe has taken as long as the
   * back-off, lest one that takes its time keeps all others out.
   */
  admits(): boolean;
  succeeded(): void;
  failed(): void;
  /** The probe ended and has shown nothing: the next one is due at once. */
  abandoned(): void;
  /** Back to closed, as after a new connection. */
  reset(): void;
}

/** Counts outcomes while a breaker is closed. */
export interface Tripwire {
  succeeded(): void;
  /** True: that is enough. */
  failed(): boolean;
  reset(): void;
}

/** When it opens, and when it probes. */
export interface CircuitBreakerOptions {
  /** What opens it. */
  readonly tripwire: Tripwire;
  /** ms before the first probe; doubles with every probe that fails. */
  readonly backOff: number;
  /** Longest back-off, ms. */
  readonly maxBackOff: number;
  /** Monotonic ms. */
  readonly now: () => number;
  /** In [0, 1): shortens each wait by up to a quarter, so that many do not probe together; without it, none is shortened. */
  readonly random?: () => number;
  /** Told after every change of state. Must not throw. */
  readonly onChange?: (state: BreakerState) => void;
}

/** The part of a wait that chance takes off at most. */
const JITTER = 0.25;

/** Stops asking what does not answer, and asks again now and then. */
export function createCircuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  const { tripwire, backOff, maxBackOff, now, random, onChange } = options;
  let state: BreakerState = 'closed';
  let wait = backOff;
  /** When the next probe may go. */
  let probeAt = 0;

  const become = (next: BreakerState): void => {
    if (state === next) return;
    state = next;
    onChange?.(next);
  };
  const close = (): void => {
    tripwire.reset();
    wait = backOff;
    become('closed');
  };
  const open = (): void => {
    probeAt = now() + (random === undefined ? wait : wait * (1 - JITTER * random()));
    become('open');
  };

  return {
    get state() {
      return state;
    },
    get probeIn() {
      return state === 'open' ? Math.max(0, probeAt - now()) : 0;
    },
    get refuses() {
      return state !== 'closed' && now() < probeAt;
    },
    admits() {
      if (state === 'closed') return true;
      if (now() < probeAt) return false;
      probeAt = now() + wait;
      become('half-open');
      return true;
    },
    succeeded() {
      if (state === 'closed') tripwire.succeeded();
      // While open, an answer is one to what was sent before: only a probe closes.
      else if (state === 'half-open') close();
    },
    failed() {
      if (state === 'open') return;
      if (state === 'half-open') {
        wait = Math.min(wait * 2, maxBackOff);
        open();
      } else if (tripwire.failed()) open();
    },
    abandoned() {
      if (state !== 'half-open') return;
      probeAt = now();
      become('open');
    },
    reset: close,
  };
}

/** Trips at so many failures with no success between them. */
export function failuresInARow(limit: number): Tripwire {
  let inARow = 0;
  const reset = (): void => {
    inARow = 0;
  };
  return { succeeded: reset, failed: () => ++inARow >= limit, reset };
}
