import type { Mutant } from './composition.ts';

/** The mechanism broken in one place each, as a mistake in it might. */
export const MUTANTS = {
  /** A response counts as fetched when it is first looked at, not when it was asked for. */
  'a fill is not told from what was fetched later': {
    judging(index) {
      const known = new WeakSet<object>();
      return changed(index, {
        verdict(stored) {
          if (stored.heard >= 0 && !known.has(stored)) {
            known.add(stored);
            stored.heard = index.serial;
          }
          return index.verdict(stored);
        },
      });
    },
  },
  /** What goes to Redis carries the position at which the log will be, not the one at which it was. */
  'asOf is dropped': {
    log: (log) => like(log, { applied: () => Number.MAX_SAFE_INTEGER }),
  },
  /** What was appended while the link was away is read past. */
  'catch-up is skipped': {
    applying: (index, trusted) =>
      changed(index, {
        apply: (purge, position) =>
          trusted() || position === Number.POSITIVE_INFINITY ? index.apply(purge, position) : index.serial,
      }),
  },
  /** What Redis could not take is applied here, and forgotten. */
  'what is pending is not replayed': {
    log: (log, index) =>
      changed(log, {
        append(purges, options) {
          if (log.trusted) return log.append(purges, options);
          for (const purge of purges) index.apply(purge, log.applied + 1);
          return Promise.resolve({ kind: 'pending' });
        },
      }),
  },
  /** A response from Redis is taken as younger than every purge. */
  'positions are not compared': {
    judging: (index) =>
      changed(index, {
        verdict(stored) {
          if (stored.heard < 0) stored.heard = index.serial;
          return index.verdict(stored);
        },
      }),
  },
  /** Others hear that a purge is applied before it is. */
  'an ack comes before the applying': {
    applying: (index) =>
      changed(index, {
        apply(purge, position) {
          if (position === Number.POSITIVE_INFINITY) return index.apply(purge, position);
          // Long after any receipt, on a slow machine too.
          setTimeout(() => index.apply(purge, position), 2_000).unref();
          return index.serial;
        },
      }),
  },
  'a silent replica does not count': {
    ledger: (ledger) => ({
      ...ledger,
      async applied(order, within, signal) {
        const receipt = await ledger.applied(order, within, signal);
        return { ...receipt, all: receipt.waiting.length === 0 };
      },
    }),
  },
  'the lease is ignored': {
    log: (log) => like(log, { confirmedAt: () => Number.POSITIVE_INFINITY }),
  },
} satisfies Record<string, Mutant>;

/** The same part in all but these methods, whatever its getters give at the time. */
function changed<T extends object>(part: T, methods: Partial<T>): T {
  return new Proxy(part, {
    get: (target, name) => Reflect.get(name in methods ? methods : target, name),
  });
}

/** The same part in all but what these getters give. */
function like<T extends object>(part: T, getters: { readonly [K in keyof T]?: () => T[K] }): T {
  const given = new Map<PropertyKey, () => unknown>(Object.entries(getters) as [string, () => unknown][]);
  return new Proxy(part, {
    get: (target, name) => given.get(name)?.() ?? Reflect.get(target, name),
  });
}
