/**
 * The entries read of late, of the log as it stands. A log that lost its end goes on under ids that look
 * the same, so a position alone does not say what was read before it. An entry does: two readers that
 * both read one append, which its token tells, read the same entries up to there.
 */
export interface Lineage {
  note(id: string, token: string): void;
  /** Whether this very entry was read here. */
  has(id: string, token: string): boolean;
  /** The log is another one, or an earlier state of it. */
  clear(): void;
}

export function createLineage(limit = 1_024): Lineage {
  const read = new Map<string, string>();
  return {
    note(id, token) {
      read.set(id, token);
      if (read.size <= limit) return;
      for (const oldest of read.keys()) {
        read.delete(oldest);
        break;
      }
    },
    has: (id, token) => token !== '' && read.get(id) === token,
    clear: () => read.clear(),
  };
}
