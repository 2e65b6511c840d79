/** What is counted lately: in a span that runs, and in the one before it. */
export interface TwoSpans<Counts> {
  readonly current: Counts;
  readonly before: Counts;
  /** Where both together begin; ms since the epoch. */
  readonly since: number;
}

/** `make`: counts at zero; `clock`: both of its times in ms; `length` of a span in ms. What is older than two of them is forgotten. */
export function createTwoSpans<Counts>(
  make: () => Counts,
  clock: { now(): number; monotonic(): number },
  length: number,
): () => TwoSpans<Counts> {
  const begin = (before: Counts, since: number) => ({ current: make(), before, since });
  let [began, begunAt] = [clock.monotonic(), clock.now()];
  let spans = begin(make(), begunAt);
  return () => {
    const passed = clock.monotonic() - began;
    if (passed < length) return spans;
    const now = clock.now();
    spans = passed < 2 * length ? begin(spans.current, begunAt) : begin(make(), now);
    [began, begunAt] = [clock.monotonic(), now];
    return spans;
  };
}
