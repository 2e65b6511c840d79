/** `open`: nothing is sent. `half-open`: one probe is under way. */
export type BreakerState = 'closed' | 'open' | 'half-open';

export interface CircuitBreaker {
  readonly state: BreakerState;
  /** ms from now until a probe is due; 0 unless open. */
  readonly probeIn: number;
  /**
   * Whether a command may be sent now. Closed: yes. Open: yes once after the back-off, which makes it
   * half-open; its outcome must be reported.
   */
  admits(): boolean;
  succeeded(): void;
  failed(): void;
  /** Back to closed, as after a new connection. */
  reset(): void;
}

export interface CircuitBreakerOptions {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** ms before the first probe; doubles with every probe that fails. */
  readonly backOff: number;
  /** Longest back-off, ms. */
  readonly maxBackOff: number;
  /** Monotonic ms. */
  readonly now: () => number;
  /** Told after every change of state. Must not throw. */
  readonly onChange?: (state: BreakerState) => void;
}

/** Stops asking what does not answer, and asks again now and then. */
export function createCircuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  const { failures, backOff, maxBackOff, now, onChange } = options;
  let state: BreakerState = 'closed';
  let inARow = 0;
  let wait = backOff;
  let probeAt = 0;

  const become = (next: BreakerState): void => {
    if (state === next) return;
    state = next;
    onChange?.(next);
  };
  const close = (): void => {
    inARow = 0;
    wait = backOff;
    become('closed');
  };
  const open = (): void => {
    probeAt = now() + wait;
    become('open');
  };

  return {
    get state() {
      return state;
    },
    get probeIn() {
      return state === 'open' ? Math.max(0, probeAt - now()) : 0;
    },
    admits() {
      if (state === 'closed') return true;
      if (state === 'half-open' || now() < probeAt) return false;
      become('half-open');
      return true;
    },
    succeeded() {
      // While open, an answer is one to a command from before: only a probe closes.
      if (state !== 'open') close();
    },
    failed() {
      if (state === 'open') return;
      if (state === 'half-open') {
        wait = Math.min(wait * 2, maxBackOff);
        open();
      } else if (++inARow >= failures) open();
    },
    reset: close,
  };
}
