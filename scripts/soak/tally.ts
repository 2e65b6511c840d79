/** Something that was made to go wrong, and which failures it explains. */
export interface Explanation {
  readonly fault: string;
  readonly begun: number;
  /** Infinity while it lasts; ms of `performance.now()`. */
  ended: number;
  explains(what: string, side: string): boolean;
}

/** What was seen, and what of it nobody can explain. */
export interface Tally {
  right(outcome: string): void;
  /** A failed request, under way from `begun` until now. */
  failed(what: string, side: string, begun: number, request: string): void;
  wrong(line: string): void;
  begin(fault: string, explains: Explanation['explains']): Explanation;
  readonly problems: readonly string[];
  readonly counts: ReadonlyMap<string, number>;
  readonly explained: ReadonlyMap<string, number>;
  readonly faults: ReadonlyMap<string, number>;
}

/** So long after its end a fault still shows: a breaker opens again, an answer under way is cut. ms. */
const AFTER = 6_000;
const MOST_PROBLEMS = 50;

export function createTally(): Tally {
  const problems: string[] = [];
  const counts = new Map<string, number>();
  const explained = new Map<string, number>();
  const faults = new Map<string, number>();
  let windows: Explanation[] = [];
  const add = (to: Map<string, number>, name: string) => to.set(name, (to.get(name) ?? 0) + 1);
  const problem = (line: string) => {
    add(counts, 'PROBLEM');
    if (problems.length < MOST_PROBLEMS) problems.push(`${new Date().toISOString()} ${line}`);
  };
  return {
    right: (outcome) => void add(counts, outcome),
    failed(what, side, begun, request) {
      const kind = what.replace(/:.*/, '');
      const why = windows.find(({ ended, explains }) => ended + AFTER > begun && explains(what, side));
      if (why !== undefined) return void add(explained, `${kind} while ${why.fault}`);
      const known = windows
        .slice(0, 3)
        .map(({ fault }) => fault)
        .join(', ');
      problem(`unexplained ${what} of ${side} for ${request} (lately: ${known || 'nothing'})`);
    },
    wrong: problem,
    begin(fault, explains) {
      const now = performance.now();
      windows = windows.filter(({ ended }) => ended + 10 * AFTER > now);
      const begun: Explanation = { fault, begun: now, ended: Number.POSITIVE_INFINITY, explains };
      windows.unshift(begun);
      add(faults, fault);
      return begun;
    },
    problems,
    counts,
    explained,
    faults,
  };
}
