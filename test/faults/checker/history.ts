/** What happened in a run, and what was wrong about it. */
export interface History {
  readonly violations: readonly string[];
  readonly lines: readonly string[];
  /** Remembers an event; only the last ones are kept. */
  note(what: string): void;
  violated(what: string): void;
  /** ms since the beginning. */
  readonly now: number;
}

const KEPT = 400;

export function createHistory(): History {
  const began = performance.now();
  const violations: string[] = [];
  const lines: string[] = [];
  const elapsed = () => Math.round(performance.now() - began);
  const note = (what: string): void => {
    lines.push(`${elapsed()} ${what}`);
    if (lines.length > KEPT) lines.shift();
  };
  return {
    violations,
    lines,
    note,
    violated(what) {
      note(`VIOLATION ${what}`);
      violations.push(what);
    },
    get now() {
      return performance.now() - began;
    },
  };
}
